using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using static RobustMQ.Kafka.Gateway.Transactions.TransactionPhase;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>
/// Decides what becomes of a transactional id, for producers that keep their epoch from one transaction to the next (KIP-98 with the recovery of KIP-360; those of KIP-890 change it with each). Pure: what
/// is decided counts when it is stored.
/// </summary>
internal static class TransactionMachine
{
    /// <summary>The last epoch that a producer is given. One more is left, so that whoever has it can still be fenced.</summary>
    private const short EpochMax = short.MaxValue - 1;

    /// <summary>A producer begins, or begins again: it gets an epoch with which all before it are fenced.</summary>
    /// <param name="present">Null: the id is not known.</param>
    /// <param name="named">What the producer believes to be (KIP-360); an id of -1: nothing.</param>
    /// <param name="fresh">A producer id that nobody has had; used where <see cref="NeedsProducer"/>.</param>
    public static TransactionDecision Initialize(TransactionState? present, int timeoutMs, ProducerState named, long fresh, long nowMs)
    {
        if (present is null)
            return Begin(fresh, timeoutMs, nowMs);
        if (!Knows(present, named))
            return KafkaError.ProducerFenced;
        if (present.IsPrepared)
            return KafkaError.ConcurrentTransactions;
        if (present.Phase == Ongoing)
            return new(KafkaError.ConcurrentTransactions, Fence(present, nowMs));
        if (named.ProducerId >= 0 && named.Epoch == present.PreviousEpoch && named.Epoch != present.ProducerEpoch)
            return KafkaError.None;
        if (NeedsProducer(present))
            return Begin(fresh, timeoutMs, nowMs);
        return present with
        {
            ProducerEpoch = (short)(present.ProducerEpoch + 1),
            PreviousEpoch = named.ProducerId >= 0 ? named.Epoch : TransactionState.NoEpoch,
            TimeoutMs = timeoutMs,
            Phase = Empty,
            StartedMs = -1,
            ChangedMs = nowMs,
        };
    }

    /// <summary>Whether the next epoch is one of another producer id.</summary>
    public static bool NeedsProducer(TransactionState? present) => present is null || present.ProducerEpoch >= EpochMax;

    /// <summary>Makes logs and groups part of the transaction, which begins with the first.</summary>
    public static TransactionDecision Add(
        TransactionState? present, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions, string? group, int membersMax, long nowMs)
    {
        if (Check(present, producerId, epoch) is var error and not KafkaError.None)
            return error;
        if (present!.IsPrepared)
            return KafkaError.ConcurrentTransactions;
        var begun = present.Phase == Ongoing ? present : present with { Phase = Ongoing, StartedMs = nowMs, Partitions = [], Groups = [] };
        var next = begun with { Partitions = begun.Partitions.Union(partitions), Groups = group is null ? begun.Groups : begun.Groups.Add(group), ChangedMs = nowMs };
        if (next.Partitions.Count + next.Groups.Count > membersMax)
            return KafkaError.PolicyViolation;
        return present.Phase == Ongoing && next.Partitions.Count == present.Partitions.Count && next.Groups.Count == present.Groups.Count ? KafkaError.None : next;
    }

    /// <summary>A producer ends its transaction. Asked again it gets the same answer.</summary>
    public static TransactionDecision End(TransactionState? present, long producerId, short epoch, bool isCommit, long nowMs)
    {
        if (Check(present, producerId, epoch) is var error and not KafkaError.None)
            return error;
        return present!.Phase switch
        {
            Ongoing => present with { Phase = isCommit ? PrepareCommit : PrepareAbort, ChangedMs = nowMs },
            PrepareCommit when isCommit => KafkaError.ConcurrentTransactions,
            PrepareAbort when !isCommit => KafkaError.ConcurrentTransactions,
            CompleteCommit when isCommit => KafkaError.None,
            CompleteAbort when !isCommit => KafkaError.None,
            _ => KafkaError.InvalidTransactionState,
        };
    }

    /// <summary>Every log and group knows how it ended.</summary>
    public static TransactionState Complete(TransactionState prepared, long nowMs) => prepared with
    {
        Phase = prepared.Phase == PrepareCommit ? CompleteCommit : CompleteAbort,
        StartedMs = -1,
        ChangedMs = nowMs,
        Partitions = [],
        Groups = [],
    };

    /// <summary>Time passes: a transaction that has been open for too long is aborted, and its producer is fenced.</summary>
    /// <returns>Null: nothing changes.</returns>
    public static TransactionState? Tick(TransactionState present, long nowMs) =>
        present.Phase == Ongoing && nowMs - present.StartedMs > present.TimeoutMs ? Fence(present, nowMs) : null;

    /// <summary>Whether a log may take a transaction's first batch.</summary>
    public static KafkaError CheckMember(TransactionState? present, long producerId, short epoch, TopicPartition partition) =>
        CheckMember(present, producerId, epoch, present?.Partitions.Contains(partition) == true);

    /// <summary>Whether a group may take a transaction's first offsets.</summary>
    public static KafkaError CheckMember(TransactionState? present, long producerId, short epoch, string group) =>
        CheckMember(present, producerId, epoch, present?.Groups.Contains(group) == true);

    private static KafkaError CheckMember(TransactionState? present, long producerId, short epoch, bool isMember)
    {
        if (Check(present, producerId, epoch) is var error and not KafkaError.None)
            return error;
        return isMember && present!.Phase == Ongoing ? KafkaError.None : KafkaError.InvalidTransactionState;
    }

    private static KafkaError Check(TransactionState? present, long producerId, short epoch)
    {
        if (present is null || present.ProducerId != producerId)
            return KafkaError.InvalidProducerIdMapping;
        return present.ProducerEpoch == epoch ? KafkaError.None : KafkaError.ProducerFenced;
    }

    private static bool Knows(TransactionState present, ProducerState named) =>
        named.ProducerId < 0 || (named.ProducerId == present.ProducerId && (named.Epoch == present.ProducerEpoch || named.Epoch == present.PreviousEpoch));

    private static TransactionState Begin(long producerId, int timeoutMs, long nowMs) =>
        new() { ProducerId = producerId, ProducerEpoch = 0, TimeoutMs = timeoutMs, Phase = Empty, ChangedMs = nowMs };

    private static TransactionState Fence(TransactionState present, long nowMs) => present with
    {
        ProducerEpoch = (short)(present.ProducerEpoch + 1),
        PreviousEpoch = TransactionState.NoEpoch,
        Phase = PrepareAbort,
        ChangedMs = nowMs,
    };
}
