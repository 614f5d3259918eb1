using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Fuzz.Mqtt;

/// <summary>Creates and changes whatever consumer it is asked for, and has nothing to deliver.</summary>
internal sealed class WillingConsumers : IConsumerClient
{
    public ValueTask<ConsumerResult> CreateAsync(ConsumerSpec spec, CancellationToken cancellationToken = default) =>
        new(new ConsumerResult(ErrorCode.None, new ConsumerState { Spec = spec, Revision = 1 }));

    public ValueTask<ConsumerResult> UpdateAsync(ConsumerSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) => CreateAsync(spec, cancellationToken);

    public ValueTask<ErrorCode> BindAsync(BindingChange change, CancellationToken cancellationToken = default) => new(ErrorCode.None);

    public ValueTask<ConsumerRemoval> DeleteAsync(ConsumerDelete request, CancellationToken cancellationToken = default) => new(new ConsumerRemoval(ErrorCode.None, 0));

    public ValueTask<ConsumerResult> GetAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => CreateAsync(new ConsumerSpec { Consumer = consumer }, cancellationToken);

    public ValueTask<IReadOnlyList<ConsumerState>> ListAsync(ConsumerQuery query, CancellationToken cancellationToken = default) => new([]);

    public ValueTask<ConsumerResult> ResetAsync(ConsumerRef consumer, ConsumerStart start, CancellationToken cancellationToken = default) => GetAsync(consumer, cancellationToken);

    public ValueTask<ConsumerRemoval> PurgeAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => new(new ConsumerRemoval(ErrorCode.None, 0));

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default) => new(new FetchResult([]));

    public ValueTask<ErrorCode> AcknowledgeAsync(
        ConsumerRef consumer, ReadOnlyMemory<Acknowledgement> answers, bool mayBlock = false, CancellationToken cancellationToken = default) => new(ErrorCode.None);

    public IConsumerMembership Join(ConsumerJoin join, IConsumerReceiver receiver) => new IdleMembership();

    public ValueTask<ErrorCode> CommitOffsetsAsync(OffsetCommit commit, CancellationToken cancellationToken = default) => new(ErrorCode.None);

    public ValueTask<PendingCommitResult> CommitPendingOffsetsAsync(PendingCommit commit, CancellationToken cancellationToken = default) => new(new PendingCommitResult(ErrorCode.None, 0));

    public ValueTask<ErrorCode> EndPendingOffsetsAsync(PendingEnd end, CancellationToken cancellationToken = default) => new(ErrorCode.None);

    public ValueTask<GroupOffsets> FetchOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) =>
        new(new GroupOffsets(ErrorCode.None, -1, []));

    public ValueTask<ErrorCode> DeleteOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) => new(ErrorCode.None);

    public ValueTask<IReadOnlyList<OffsetGroup>> ListOffsetGroupsAsync(Namespace ns, CancellationToken cancellationToken = default) => new([]);

    private sealed class IdleMembership : IConsumerMembership
    {
        public void AddCredit(int records, long bytes = 0)
        {
        }

        public void Acknowledge(in Acknowledgement answer)
        {
        }

        public ValueTask<ErrorCode> SyncAsync(CancellationToken cancellationToken = default) => new(ErrorCode.None);

        public ValueTask<FetchResult> FetchAsync(int maxRecords, int maxBytes, TimeSpan maxWait, CancellationToken cancellationToken = default) => new(new FetchResult([]));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
