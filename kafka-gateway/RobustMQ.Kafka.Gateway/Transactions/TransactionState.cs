using System.Collections.Immutable;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>All that is known of a transactional id. A change makes another one, which counts when it is stored.</summary>
internal sealed record TransactionState
{
    public const short NoEpoch = -1;

    public required long ProducerId { get; init; }

    public required short ProducerEpoch { get; init; }

    /// <summary>The epoch that a producer named when it asked for its next one: should it ask again, it has not seen the answer. <see cref="NoEpoch"/>: it named none.</summary>
    public short PreviousEpoch { get; init; } = NoEpoch;

    public required int TimeoutMs { get; init; }

    public required TransactionPhase Phase { get; init; }

    /// <summary>When the transaction began, Unix milliseconds; -1: none is open.</summary>
    public long StartedMs { get; init; } = -1;

    /// <summary>When this was stored, Unix milliseconds.</summary>
    public required long ChangedMs { get; init; }

    /// <summary>Logs with records of the transaction.</summary>
    public ImmutableHashSet<TopicPartition> Partitions { get; init; } = [];

    /// <summary>Groups whose offsets are part of it.</summary>
    public ImmutableHashSet<string> Groups { get; init; } = [];

    public bool IsOpen => Phase is TransactionPhase.Ongoing or TransactionPhase.PrepareCommit or TransactionPhase.PrepareAbort;

    public bool IsPrepared => Phase is TransactionPhase.PrepareCommit or TransactionPhase.PrepareAbort;
}
