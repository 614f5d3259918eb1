namespace RobustMQ.Storage.Client.Appends;

/// <summary>What an answer means for the append that it answers.</summary>
internal enum AppendVerdict
{
    Stored,

    /// <summary>Not stored, and a repeat would not change that.</summary>
    Failed,

    /// <summary>The storage-node cannot say: repeat as it is.</summary>
    Unknown,

    /// <summary>Not stored, and a repeat after a while may be.</summary>
    NotNow,

    /// <summary>Not stored, because an append before it is not either: repeat with the number that the log expects.</summary>
    WrongNumber,

    /// <summary>Not stored, because this client's producer is no longer known as it was: repeat with a new one.</summary>
    WrongProducer,
}
