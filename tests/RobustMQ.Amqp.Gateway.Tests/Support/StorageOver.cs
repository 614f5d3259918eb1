using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>Stands between a gateway and its storage-node, and is the storage-node but for what a test overrides.</summary>
internal abstract class StorageOver(IStorageClient inner) : IStorageClient, ILogClient
{
    public ILogClient Logs => this;

    public ITopicClient Topics => inner.Topics;

    public virtual IConsumerClient Consumers => inner.Consumers;

    public INodeClient Node => inner.Node;

    public virtual ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default) =>
        inner.Logs.AppendAsync(request, cancellationToken);

    public virtual ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default) => inner.Logs.ReadAsync(request, cancellationToken);

    public ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default) =>
        inner.Logs.ReadManyAsync(request, cancellationToken);

    public ValueTask<LogOffsets> OffsetsAsync(
        TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default) =>
        inner.Logs.OffsetsAsync(log, timeMs, isolation, cancellationToken);

    public ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default) => inner.Logs.ListProducersAsync(log, cancellationToken);

    public ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default) => inner.Logs.DeleteAsync(request, cancellationToken);

    public ILiveFeed Subscribe(string name, ILiveReceiver receiver) => inner.Logs.Subscribe(name, receiver);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
