namespace RobustMQ.Records;

/// <summary>Outcome of a storage call. The numbers are the ones on the wire (<c>robustmq.storage.v1.ErrorCode</c>) and never change.</summary>
public enum ErrorCode
{
    None = 0,

    /// <summary>The storage-node failed in a way it has no better word for; its log has the details.</summary>
    Internal = 1,

    /// <summary>A name, number or combination in the request cannot be right.</summary>
    InvalidArgument = 2,

    /// <summary>No such namespace, topic, partition, lease or record.</summary>
    NotFound = 3,

    /// <summary>The thing to be created is there already.</summary>
    AlreadyExists = 4,

    /// <summary>A filter of the topic shares subjects with a filter of another topic of its namespace.</summary>
    FilterOverlap = 5,

    /// <summary>The batch is malformed: size, magic, CRC, counts or deltas.</summary>
    CorruptBatch = 6,

    /// <summary>The batch is larger than the log accepts.</summary>
    TooLarge = 7,

    /// <summary>The offset lies before the first or after the next record of the log.</summary>
    OffsetOutOfRange = 8,

    /// <summary>A precondition on the last offset (of the log or of a key) did not hold.</summary>
    OffsetMismatch = 9,

    /// <summary>A producer's sequence leaves a gap, or begins before anything that is known of the producer.</summary>
    OutOfSequence = 10,

    /// <summary>A newer epoch of this producer, lease or leader exists.</summary>
    Fenced = 11,

    /// <summary>This node does not lead the partition; the error carries a hint.</summary>
    NotLeader = 12,

    /// <summary>The log's range is closed; it goes on in another group.</summary>
    Sealed = 13,

    /// <summary>The append may or may not have happened: repeat it with the same producer id and sequence.</summary>
    UnknownOutcome = 14,

    /// <summary>The revision or offset asked for has been compacted away.</summary>
    Compacted = 15,

    /// <summary>A limit of the topic or node is reached (records, bytes, topics, subscribers).</summary>
    LimitExceeded = 16,

    /// <summary>The storage-node cannot be reached or is not ready.</summary>
    Unavailable = 17,

    /// <summary>The call was given up because its time ran out.</summary>
    TimedOut = 18,

    /// <summary>The caller withdrew the call.</summary>
    Cancelled = 19,

    /// <summary>The topic's engine or configuration does not offer this.</summary>
    Unsupported = 20,

    /// <summary>The disk refused: full, read-only or failing.</summary>
    DiskFailure = 21,

    /// <summary>A revision given as a precondition is not the current one.</summary>
    RevisionMismatch = 22,

    /// <summary>The lease is held by somebody else.</summary>
    LeaseHeld = 23,

    /// <summary>
    /// The batch does not fit its producer's transaction in this log: it is part of one that was not begun here, or not part of the one that is open. An append's outcome says where the producer's
    /// last transaction ended (<see cref="Logs.AppendConditions.BeginsTransactionAfter"/>).
    /// </summary>
    TransactionMismatch = 24,
}
