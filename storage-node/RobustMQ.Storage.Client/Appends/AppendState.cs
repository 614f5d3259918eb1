namespace RobustMQ.Storage.Client.Appends;

/// <summary>What is known of an append's fate at the storage-node.</summary>
internal enum AppendState
{
    /// <summary>Never left.</summary>
    Unsent,

    /// <summary>On the stream, not answered.</summary>
    InFlight,

    /// <summary>Its connection was lost, or the storage-node cannot say: it may be stored.</summary>
    Unknown,

    /// <summary>The storage-node said that it is not stored, for a reason that may pass.</summary>
    Rejected,
}
