using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Storage.Embedded;

internal sealed class EmbeddedLogClient(NodeStorage node) : ILogClient
{
    public ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default) =>
        node.Logs.AppendAsync(request, cancellationToken);

    public ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default) => node.Logs.ReadAsync(request, cancellationToken);

    public ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default) =>
        node.Logs.ReadManyAsync(request, cancellationToken);

    public ValueTask<LogOffsets> OffsetsAsync(
        TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default) =>
        node.Logs.OffsetsAsync(log, timeMs, isolation, cancellationToken);

    public ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default) => node.Logs.ListProducersAsync(log);

    public ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default) =>
        node.Logs.DeleteAsync(request, cancellationToken);

    public ILiveFeed Subscribe(string name, ILiveReceiver receiver) => new EmbeddedLiveFeed(node.Live, name, receiver);
}
