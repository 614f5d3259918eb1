using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Storage.Embedded;

internal sealed class EmbeddedConsumerClient(NodeStorage node) : IConsumerClient
{
    public ValueTask<ConsumerResult> CreateAsync(ConsumerSpec spec, CancellationToken cancellationToken = default) => node.Consumers.CreateAsync(spec);

    public ValueTask<ConsumerResult> UpdateAsync(ConsumerSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) =>
        node.Consumers.UpdateAsync(spec, expectedRevision);

    public ValueTask<ErrorCode> BindAsync(BindingChange change, CancellationToken cancellationToken = default) => node.Consumers.BindAsync(change);

    public ValueTask<ConsumerRemoval> DeleteAsync(ConsumerDelete request, CancellationToken cancellationToken = default) => node.Consumers.DeleteAsync(request);

    public ValueTask<ConsumerResult> GetAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => node.Consumers.GetAsync(consumer);

    public ValueTask<IReadOnlyList<ConsumerState>> ListAsync(ConsumerQuery query, CancellationToken cancellationToken = default) => node.Consumers.ListAsync(query);

    public ValueTask<ConsumerResult> ResetAsync(ConsumerRef consumer, ConsumerStart start, CancellationToken cancellationToken = default) =>
        node.Consumers.ResetAsync(consumer, start);

    public ValueTask<ConsumerRemoval> PurgeAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => node.Consumers.PurgeAsync(consumer);

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default) =>
        node.Consumers.FetchAsync(request, cancellationToken);

    public ValueTask<ErrorCode> AcknowledgeAsync(
        ConsumerRef consumer, ReadOnlyMemory<Acknowledgement> answers, bool mayBlock = false, CancellationToken cancellationToken = default) =>
        node.Consumers.AcknowledgeAsync(consumer, answers, mayBlock);

    public IConsumerMembership Join(ConsumerJoin join, IConsumerReceiver receiver) => new EmbeddedMembership(node.Consumers, join, receiver);

    public ValueTask<ErrorCode> CommitOffsetsAsync(OffsetCommit commit, CancellationToken cancellationToken = default) => node.Offsets.CommitAsync(commit);

    public ValueTask<PendingCommitResult> CommitPendingOffsetsAsync(PendingCommit commit, CancellationToken cancellationToken = default) => node.Offsets.CommitPendingAsync(commit);

    public ValueTask<ErrorCode> EndPendingOffsetsAsync(PendingEnd end, CancellationToken cancellationToken = default) => node.Offsets.EndPendingAsync(end);

    public ValueTask<GroupOffsets> FetchOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) =>
        new(node.Offsets.Fetch(ns, group, logs));

    public ValueTask<ErrorCode> DeleteOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) =>
        node.Offsets.DeleteAsync(ns, group, logs);

    public ValueTask<IReadOnlyList<OffsetGroup>> ListOffsetGroupsAsync(Namespace ns, CancellationToken cancellationToken = default) => new(node.Offsets.List(ns));
}
