namespace RobustMQ.Storage.Client.Tests.Faults;

/// <summary>What a faulty node does to one append.</summary>
internal enum Fault
{
    None,

    /// <summary>Leadership has moved, or not come yet.</summary>
    NotLeader,

    /// <summary>The node cannot take it now.</summary>
    Unavailable,

    /// <summary>Stored, and the node cannot say so.</summary>
    StoredUnknown,

    /// <summary>Not stored, and the node cannot say so.</summary>
    LostUnknown,

    /// <summary>A newer epoch of the producer exists.</summary>
    Fenced,

    /// <summary>The stream ends without an answer, the append being stored.</summary>
    StoredEnd,

    /// <summary>The stream ends without an answer, the append not being stored.</summary>
    LostEnd,
}
