namespace RobustMQ.Records.Logs;

/// <summary>What must hold for an append to happen, checked in the log's own order of appends.</summary>
public sealed record AppendConditions
{
    /// <summary><see cref="Offset.None"/>: the log is empty.</summary>
    public Offset? ExpectedLastOffset { get; init; }

    /// <summary>Last offset of a record with the key of this batch's first record; <see cref="Offset.None"/>: there is none.</summary>
    public Offset? ExpectedLastOffsetForKey { get; init; }

    /// <summary>An append whose id the log has seen within the topic's dedup window is answered with the first one's offset and not repeated.</summary>
    public string? MessageId { get; init; }

    /// <summary>
    /// A transactional batch may begin its producer's transaction in this log, unless a control batch of the producer has come behind this offset (<see cref="Offset.None"/>: unless there is any). Whoever
    /// makes sure that the transaction is open asks for the offset first: what ends it comes with a control batch. Null: it must have begun already.
    /// </summary>
    public Offset? BeginsTransactionAfter { get; init; }
}
