using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A storage-node of which nothing is asked but groups' offsets, and which answers when a test says so.</summary>
internal sealed class SlowOffsets : IConsumerClient
{
    /// <summary>Questions for a group's offsets, in their order.</summary>
    public List<TaskCompletionSource<GroupOffsets>> Asked { get; } = [];

    public async ValueTask<GroupOffsets> FetchOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default)
    {
        var answer = new TaskCompletionSource<GroupOffsets>(TaskCreationOptions.RunContinuationsAsynchronously);
        Asked.Add(answer);
        return await answer.Task;
    }

    public ValueTask<ErrorCode> CommitOffsetsAsync(OffsetCommit commit, CancellationToken cancellationToken = default) => new(ErrorCode.None);

    public ValueTask<ConsumerResult> CreateAsync(ConsumerSpec spec, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ConsumerResult> UpdateAsync(ConsumerSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ErrorCode> BindAsync(BindingChange change, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ConsumerRemoval> DeleteAsync(ConsumerDelete request, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ConsumerResult> GetAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<IReadOnlyList<ConsumerState>> ListAsync(ConsumerQuery query, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ConsumerResult> ResetAsync(ConsumerRef consumer, ConsumerStart start, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ConsumerRemoval> PurgeAsync(ConsumerRef consumer, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ErrorCode> AcknowledgeAsync(
        ConsumerRef consumer, ReadOnlyMemory<Acknowledgement> answers, bool mayBlock = false, CancellationToken cancellationToken = default) => throw Unasked;

    public IConsumerMembership Join(ConsumerJoin join, IConsumerReceiver receiver) => throw Unasked;

    public ValueTask<PendingCommitResult> CommitPendingOffsetsAsync(PendingCommit commit, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ErrorCode> EndPendingOffsetsAsync(PendingEnd end, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<ErrorCode> DeleteOffsetsAsync(Namespace ns, string group, IReadOnlyList<TopicPartition> logs, CancellationToken cancellationToken = default) => throw Unasked;

    public ValueTask<IReadOnlyList<OffsetGroup>> ListOffsetGroupsAsync(Namespace ns, CancellationToken cancellationToken = default) => throw Unasked;

    private static InvalidOperationException Unasked => new("no test asks for this");
}
