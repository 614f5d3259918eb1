using System.Text;
using Google.Protobuf;
using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage;
using RobustMQ.Storage.Logs;
using RobustMQ.StorageNode.Mapping;
using RobustMQ.StorageNode.Streams;
using AppendRequest = RobustMQ.Protos.V1.AppendRequest;
using DeleteRequest = RobustMQ.Protos.V1.DeleteRequest;
using ErrorCode = RobustMQ.Records.ErrorCode;
using ReadManyRequest = RobustMQ.Protos.V1.ReadManyRequest;
using ReadRequest = RobustMQ.Protos.V1.ReadRequest;
using TopicPartition = RobustMQ.Records.TopicPartition;

namespace RobustMQ.StorageNode.Services;

/// <summary><c>LogService</c>: appending, reading, following.</summary>
internal sealed class LogCalls(NodeStorage node, StorageServerOptions options, ServerLife life) : LogService.LogServiceBase
{
    private readonly LogStore _logs = node.Logs;

    public override async Task AppendStream(
        IAsyncStreamReader<AppendStreamRequest> requests, IServerStreamWriter<AppendStreamReply> replies, ServerCallContext context)
    {
        RefuseWhileDraining();
        await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
        using var session = new AppendSession(_logs, node.Live, options.AppendWindowBytes);
        await session.RunAsync(requests, replies, life.Draining, context.CancellationToken).ConfigureAwait(false);
    }

    public override async Task Subscribe(IAsyncStreamReader<SubscribeRequest> requests, IServerStreamWriter<SubscribeReply> replies, ServerCallContext context)
    {
        RefuseWhileDraining();
        if (!await requests.MoveNext(context.CancellationToken).ConfigureAwait(false) || requests.Current.Hello is not { } hello)
            throw new FormatException("the first message of a subscription is its hello");
        await using var session = new SubscribeSession(node.Live, hello, node.Options.SubscriberQueueBytesMax);
        await session.RunAsync(requests, replies, life.Draining, context.CancellationToken).ConfigureAwait(false);
    }

    public override async Task<AppendReply> Append(AppendRequest request, ServerCallContext context)
    {
        if (!request.Batch.IsEmpty && (request.Records.Count > 0 || request.Subject.Length > 0))
            throw new FormatException("a batch comes alone: neither with records nor by subject");
        if (request.Batch.IsEmpty && request.Records.Count == 0)
            throw new FormatException("neither a batch nor records");
        return request.Records.Count > 0
            ? await AppendRecordsAsync(request, context).ConfigureAwait(false)
            : await AppendAsync(request, Names.ToLog(request.Log), request.Batch.Memory, context).ConfigureAwait(false);
    }

    public override async Task<ReadReply> Read(ReadRequest request, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, life.Draining);
        var read = LogMapping.FromMessage(request);
        var result = await _logs.ReadAsync(read, ending.Token).ConfigureAwait(false);
        // The answer holds the read's own memory until it was sent.
        context.GetHttpContext().Response.RegisterForDispose(result);
        var isDraining = result.Error == ErrorCode.Cancelled && life.Draining.IsCancellationRequested;
        var reply = new ReadReply { Error = Errors.ToMessage(isDraining ? ErrorCode.Unavailable : result.Error) };
        LogMapping.Fill(reply, result);
        if (!request.AsRecords)
            reply.Batches = UnsafeByteOperations.UnsafeWrap(result.Batches);
        else if (!RecordMapping.TryDecode(result.Batches, FirstWanted(read, result), reply.Records))
            reply.Error = Errors.ToMessage(ErrorCode.CorruptBatch, "a batch cannot be opened");
        return reply;
    }

    public override async Task ReadMany(IAsyncStreamReader<ReadManyRequest> requests, IServerStreamWriter<ReadManyReply> replies, ServerCallContext context)
    {
        RefuseWhileDraining();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, life.Draining);
        using var answer = new ReadManyAnswer(replies);
        while (await requests.MoveNext(ending.Token).ConfigureAwait(false))
        {
            var error = await _logs.ReadManyAsync(LogMapping.FromMessage(requests.Current), answer, ending.Token).ConfigureAwait(false);
            ending.Token.ThrowIfCancellationRequested();
            StorageException.ThrowIfError(error, "read many");
            await answer.EndAsync().ConfigureAwait(false);
        }
    }

    public override async Task<OffsetsReply> Offsets(OffsetsRequest request, ServerCallContext context)
    {
        var reply = new OffsetsReply();
        foreach (var log in request.Logs)
        {
            var offsets = await _logs.OffsetsAsync(Names.ToLog(log), request.TimeMs, LogMapping.ToIsolation(request.Isolation), context.CancellationToken).ConfigureAwait(false);
            reply.Entries.Add(LogMapping.ToMessage(log, offsets));
        }
        return reply;
    }

    public override async Task<ProducersReply> Producers(ProducersRequest request, ServerCallContext context)
    {
        var result = await _logs.ListProducersAsync(Names.ToLog(request.Log)).ConfigureAwait(false);
        var reply = new ProducersReply { Error = Errors.ToMessage(result.Error) };
        reply.Producers.AddRange(result.Producers.Select(LogMapping.ToMessage));
        return reply;
    }

    public override async Task<DeleteReply> Delete(DeleteRequest request, ServerCallContext context)
    {
        var result = await _logs.DeleteAsync(LogMapping.FromMessage(request), context.CancellationToken).ConfigureAwait(false);
        return new DeleteReply { Error = Errors.ToMessage(result.Error), LogStartOffset = result.LogStartOffset.Value, DeletedRecords = result.DeletedRecords };
    }

    /// <summary>A stream that would end as soon as it stands must not stand: callers pause before they try again.</summary>
    private void RefuseWhileDraining()
    {
        if (life.Draining.IsCancellationRequested)
            throw new RpcException(new Status(StatusCode.Unavailable, "the storage-node drains"));
    }

    /// <summary>A batch may begin before what was asked for, or what is still there.</summary>
    private static Offset FirstWanted(Records.Logs.ReadRequest read, ReadResult result) =>
        read.ByPriority ? Offset.Zero : read.Start == ReadStart.Offset && read.Offset > result.LogStartOffset ? read.Offset : result.LogStartOffset;

    private async Task<AppendReply> AppendRecordsAsync(AppendRequest request, ServerCallContext context)
    {
        var subject = request.Subject.Length == 0 ? null : Encoding.UTF8.GetBytes(Subject.Parse(request.Subject).Value);
        TopicPartition log;
        if (subject is null)
        {
            log = Names.ToLog(request.Log);
        }
        else
        {
            var ns = Names.ToNamespace(request.Log?.Namespace ?? string.Empty);
            var owner = await node.Topics.GetBySubjectAsync(ns, Subject.Parse(request.Subject), context.CancellationToken).ConfigureAwait(false);
            if (owner.Topic is not { } topic)
                return new AppendReply { Error = Errors.ToMessage(owner.Error, owner.Message), BaseOffset = -1, AppendTimeMs = -1 };
            log = new TopicPartition(ns, topic.Name, Partitioner.PartitionOf(subject, topic.Spec.Partitions));
        }
        using var builder = new RecordBatchBuilder();
        RecordMapping.Encode(builder, request.Records, subject, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        return await AppendAsync(request, log, builder.Build(), context).ConfigureAwait(false);
    }

    private async Task<AppendReply> AppendAsync(AppendRequest request, TopicPartition log, ReadOnlyMemory<byte> batch, ServerCallContext context)
    {
        var result = await _logs.AppendAsync(LogMapping.FromMessage(request, log, batch), context.CancellationToken).ConfigureAwait(false);
        var reply = new AppendReply { Log = Names.ToMessage(log) };
        LogMapping.Fill(reply, result);
        return reply;
    }
}
