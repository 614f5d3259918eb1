using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Appends;
using RobustMQ.Storage.Client.Live;
using RobustMQ.Storage.Client.Mapping;
using RobustMQ.Storage.Client.Reads;
using RobustMQ.Storage.Client.Transport;
using TopicPartition = RobustMQ.Records.TopicPartition;

namespace RobustMQ.Storage.Client.Calls;

/// <summary>Logs over gRPC: appends on the client's stream, reads of many logs on streams of their own, everything else as single calls.</summary>
internal sealed class GrpcLogClient(LogService.LogServiceClient client, NodeCalls calls, AppendQueue appends, ReadStreams reads, LiveFeeds feeds) : ILogClient
{
    public ValueTask<AppendResult> AppendAsync(in Records.Logs.AppendRequest request, CancellationToken cancellationToken = default) =>
        appends.Enqueue(request, cancellationToken);

    public async ValueTask<ReadResult> ReadAsync(Records.Logs.ReadRequest request, CancellationToken cancellationToken = default)
    {
        var outcome = await calls.QueryAsync(
            client.ReadAsync, LogMapping.ToMessage(request), static reply => reply.Error, cancellationToken, request.MaxWait).ConfigureAwait(false);
        return outcome.Reply is { } reply ? LogMapping.FromMessage(reply) : ReadResult.Failed(outcome.Error);
    }

    public ValueTask<ReadManyResult> ReadManyAsync(Records.Logs.ReadManyRequest request, CancellationToken cancellationToken = default) =>
        reads.ReadAsync(request, cancellationToken);

    public async ValueTask<LogOffsets> OffsetsAsync(
        TopicPartition log, long timeMs = -1, Records.Logs.ReadIsolation isolation = Records.Logs.ReadIsolation.Committed, CancellationToken cancellationToken = default)
    {
        var request = new OffsetsRequest { TimeMs = timeMs, Isolation = (Protos.V1.ReadIsolation)isolation, Logs = { LogMapping.ToMessage(log) } };
        var outcome = await calls.QueryAsync(client.OffsetsAsync, request, static reply => reply.Entries[0].Error, cancellationToken).ConfigureAwait(false);
        return outcome.Reply is { } reply ? LogMapping.FromMessage(reply.Entries[0]) : LogMapping.FailedOffsets(outcome.Error);
    }

    public async ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default)
    {
        var request = new ProducersRequest { Log = LogMapping.ToMessage(log) };
        var outcome = await calls.QueryAsync(client.ProducersAsync, request, static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        return outcome.Reply is { } reply ? LogMapping.FromMessage(reply) : LogProducers.Failed(outcome.Error);
    }

    public async ValueTask<DeleteResult> DeleteAsync(Records.Logs.DeleteRequest request, CancellationToken cancellationToken = default)
    {
        var outcome = await calls.QueryAsync(
            client.DeleteAsync, LogMapping.ToMessage(request), static reply => reply.Error, cancellationToken).ConfigureAwait(false);
        return outcome.Reply is { } reply
            ? new DeleteResult(Errors.Code(reply.Error), new Offset(reply.LogStartOffset), reply.DeletedRecords)
            : new DeleteResult(outcome.Error, Offset.None, 0);
    }

    public ILiveFeed Subscribe(string name, ILiveReceiver receiver) => feeds.Open(name, receiver);
}
