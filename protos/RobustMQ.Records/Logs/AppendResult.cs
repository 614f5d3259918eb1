namespace RobustMQ.Records.Logs;

/// <summary>Outcome of an append.</summary>
public readonly record struct AppendResult
{
    public ErrorCode Error { get; init; }

    /// <summary>
    /// Offset of the batch's first record; of the first copy for a duplicate; <see cref="Offset.None"/> where nothing is stored. With <see cref="ErrorCode.TransactionMismatch"/>: of the
    /// producer's last control batch, <see cref="Offset.None"/> where there is none.
    /// </summary>
    public Offset BaseOffset { get; init; }

    /// <summary>The log had this batch (producer sequence) or message id already.</summary>
    public bool IsDuplicate { get; init; }

    /// <summary>
    /// The batch waits for its time: a record of it carries <c>rmq-delay-until</c>. <see cref="BaseOffset"/> is <see cref="Offset.None"/>; each record gets its offset
    /// when it is due. The other records of such a batch come into the log at once, but like these.
    /// </summary>
    public bool IsDelayed { get; init; }

    /// <summary>Of a control batch that ends a transaction, where that began; told within the process only. Null: it ended none.</summary>
    public Offset? EndedSince { get; init; }

    public Offset LogStartOffset { get; init; }

    public Epoch LeaderEpoch { get; init; }

    public bool Succeeded => Error == ErrorCode.None;

    public static AppendResult Failed(ErrorCode error) => new() { Error = error, BaseOffset = Offset.None, LogStartOffset = Offset.None, LeaderEpoch = Epoch.None };
}
