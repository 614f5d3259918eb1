using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Tests;

/// <summary>Stands where the storage-node serves no consumers: every call is refused.</summary>
internal sealed class UnservedConsumers : IConsumerClient
{
    public ErrorCode Refusal { get; set; } = ErrorCode.Unsupported;

    private ConsumerResult Refused => new(Refusal, null, "the storage-node serves no consumers");

    public ValueTask<ConsumerResult> CreateAsync(ConsumerSpec spec, CancellationToken cancellationToken = default) => new(Refused);

    public ValueTask<ConsumerResult> UpdateAsync(ConsumerSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) => new(Refused);

    public ValueTask<ErrorCode> BindAsync(BindingChange change, CancellationToken cancellationToken = default) => new(Refusal);

    public ValueTask<ConsumerRemoval> DeleteAsync(ConsumerDelete request, CancellationToken cancellationToken = default) => new(new ConsumerRemoval(Refusal, 0));

    public ValueTask<ConsumerResult> GetAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => new(Refused);

    public ValueTask<IReadOnlyList<ConsumerState>> ListAsync(ConsumerQuery query, CancellationToken cancellationToken = default) => new([]);

    public ValueTask<ConsumerResult> ResetAsync(ConsumerRef consumer, ConsumerStart start, CancellationToken cancellationToken = default) => new(Refused);

    public ValueTask<ConsumerRemoval> PurgeAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => new(new ConsumerRemoval(Refusal, 0));

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default) => new(FetchResult.Failed(Refusal));

    public ValueTask<ErrorCode> AcknowledgeAsync(
        ConsumerRef consumer, ReadOnlyMemory<Acknowledgement> answers, bool mayBlock = false, CancellationToken cancellationToken = default) =>
        new(Refusal);

    public IConsumerMembership Join(ConsumerJoin join, IConsumerReceiver receiver)
    {
        receiver.OnLeft(Refusal);
        return new RefusedMembership(Refusal);
    }

    public ValueTask<ErrorCode> CommitOffsetsAsync(OffsetCommit commit, CancellationToken cancellationToken = default) => new(Refusal);

    public ValueTask<PendingCommitResult> CommitPendingOffsetsAsync(PendingCommit commit, CancellationToken cancellationToken = default) =>
        new(new PendingCommitResult(Refusal, 0));

    public ValueTask<ErrorCode> EndPendingOffsetsAsync(PendingEnd end, CancellationToken cancellationToken = default) => new(Refusal);

    public ValueTask<GroupOffsets> FetchOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) =>
        new(GroupOffsets.Failed(Refusal));

    public ValueTask<ErrorCode> DeleteOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) =>
        new(Refusal);

    public ValueTask<IReadOnlyList<OffsetGroup>> ListOffsetGroupsAsync(Namespace ns, CancellationToken cancellationToken = default) => new([]);

    private sealed class RefusedMembership(ErrorCode refusal) : IConsumerMembership
    {
        public void AddCredit(int records, long bytes = 0)
        {
        }

        public void Acknowledge(in Acknowledgement answer)
        {
        }

        public ValueTask<ErrorCode> SyncAsync(CancellationToken cancellationToken = default) => new(refusal);

        public ValueTask<FetchResult> FetchAsync(int maxRecords, int maxBytes, TimeSpan maxWait, CancellationToken cancellationToken = default) =>
            new(FetchResult.Failed(refusal));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
