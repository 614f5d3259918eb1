using System.Runtime.CompilerServices;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Nodes;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Benchmarks.Nats;

/// <summary>A storage-node that takes every batch at once and keeps nothing.</summary>
internal sealed class TakingStorage : IStorageClient, ILogClient, ITopicClient
{
    public ILogClient Logs => this;

    public ITopicClient Topics => this;

    public IConsumerClient Consumers => throw new NotSupportedException();

    public INodeClient Node => throw new NotSupportedException();

    public ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default) => new(new AppendResult { BaseOffset = Offset.Zero });

    public async IAsyncEnumerable<TopicEvent> WatchAsync(Namespace? ns, bool includeInternal, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new TopicEvent(TopicEventKind.CaughtUp, null, 1);
        await Task.CompletedTask.ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public ILiveFeed Subscribe(string name, ILiveReceiver receiver) => throw new NotSupportedException();

    public ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<LogOffsets> OffsetsAsync(
        TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<TopicResult> UpdateAsync(TopicSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<ErrorCode> DeleteAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<TopicResult> GetBySubjectAsync(Namespace ns, Subject subject, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Topic>> ListAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
