namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>What a transactional id is at, with the numbers that are stored.</summary>
internal enum TransactionPhase : sbyte
{
    /// <summary>It has a producer, which has begun nothing yet.</summary>
    Empty = 0,

    Ongoing = 1,

    /// <summary>Decided: the logs and groups of the transaction are being told.</summary>
    PrepareCommit = 2,

    /// <summary>As <see cref="PrepareCommit"/>.</summary>
    PrepareAbort = 3,

    CompleteCommit = 4,

    CompleteAbort = 5,
}
