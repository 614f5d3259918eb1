using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Client;

/// <summary>
/// Consumers and groups' offsets as a gateway sees them. Outcomes, a lost storage-node included, are <see cref="ErrorCode"/>s in the results; exceptions mean a mistake of the caller.
/// All calls may be made from any thread.
/// </summary>
public interface IConsumerClient
{
    /// <summary><see cref="ErrorCode.AlreadyExists"/> comes with the existing consumer, whatever its spec; <see cref="ErrorCode.NotFound"/>: a binding's topic is not there.</summary>
    ValueTask<ConsumerResult> CreateAsync(ConsumerSpec spec, CancellationToken cancellationToken = default);

    /// <summary>
    /// Replaces the spec, bindings included: those with the id, topic and filters of a present one go on where it is, others begin at their start, missing ones end. What is pending stays so. Start, and the member
    /// policy while members are joined, cannot change.
    /// </summary>
    /// <param name="expectedRevision">0: whatever it is.</param>
    ValueTask<ConsumerResult> UpdateAsync(ConsumerSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default);

    /// <summary>Adds and removes single bindings, which costs the same however many the consumer has.</summary>
    ValueTask<ErrorCode> BindAsync(BindingChange change, CancellationToken cancellationToken = default);

    /// <summary>Ends it and its members. What it held back from deletion in topics with interest retention goes.</summary>
    ValueTask<ConsumerRemoval> DeleteAsync(ConsumerDelete request, CancellationToken cancellationToken = default);

    ValueTask<ConsumerResult> GetAsync(ConsumerRef consumer, CancellationToken cancellationToken = default);

    /// <exception cref="StorageException">The node cannot be reached.</exception>
    ValueTask<IReadOnlyList<ConsumerState>> ListAsync(ConsumerQuery query, CancellationToken cancellationToken = default);

    /// <summary>Forgets what is pending and begins again at a start, for all bindings.</summary>
    ValueTask<ConsumerResult> ResetAsync(ConsumerRef consumer, ConsumerStart start, CancellationToken cancellationToken = default);

    /// <summary>Drops everything that waits; what is pending stays. Nothing of it goes to the dead letters.</summary>
    ValueTask<ConsumerRemoval> PurgeAsync(ConsumerRef consumer, CancellationToken cancellationToken = default);

    /// <summary>
    /// Hands out what waits, once, to a caller that is no member. Answer with <see cref="AcknowledgeAsync"/>. For the single active or exclusive policy such a caller counts as any member: while somebody is
    /// joined it gets <see cref="ErrorCode.LeaseHeld"/>. The caller disposes the result.
    /// </summary>
    ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Answers to what was fetched, or to what any member got. They are stored when it completes, as <see cref="ConsumerSpec.AckDurability"/> says. Answers to what is not pending are ignored.
    /// </summary>
    /// <param name="mayBlock">As <see cref="Records.Logs.AppendRequest.MayBlock"/>.</param>
    ValueTask<ErrorCode> AcknowledgeAsync(
        ConsumerRef consumer, ReadOnlyMemory<Acknowledgement> answers, bool mayBlock = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// Becomes a member. Returns at once; <see cref="IConsumerReceiver.OnJoined"/> or <see cref="IConsumerReceiver.OnLeft"/> tells the outcome. The membership joins again by itself after a lost
    /// connection, until it is disposed or refused.
    /// </summary>
    IConsumerMembership Join(ConsumerJoin join, IConsumerReceiver receiver);

    /// <summary>Stored when it completes. <see cref="ErrorCode.Fenced"/>: the group has seen a newer generation.</summary>
    ValueTask<ErrorCode> CommitOffsetsAsync(OffsetCommit commit, CancellationToken cancellationToken = default);

    /// <summary>As part of a producer's transaction. Stored when it completes; nobody sees the offsets before the transaction is committed.</summary>
    ValueTask<PendingCommitResult> CommitPendingOffsetsAsync(PendingCommit commit, CancellationToken cancellationToken = default);

    /// <summary>Ends a producer's transaction in a group. Stored when it completes. <see cref="ErrorCode.Fenced"/>: the group has seen a later epoch of the producer, or of who decides.</summary>
    ValueTask<ErrorCode> EndPendingOffsetsAsync(PendingEnd end, CancellationToken cancellationToken = default);

    /// <param name="logs">Empty: all that the group has.</param>
    ValueTask<GroupOffsets> FetchOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default);

    /// <param name="logs">Empty: the group itself with all that it has.</param>
    ValueTask<ErrorCode> DeleteOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default);

    /// <exception cref="StorageException">The node cannot be reached.</exception>
    ValueTask<IReadOnlyList<OffsetGroup>> ListOffsetGroupsAsync(Namespace ns, CancellationToken cancellationToken = default);
}
