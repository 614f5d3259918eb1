using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Tests.Support;
using RobustMQ.StorageNode.Mapping;
using ErrorCode = RobustMQ.Records.ErrorCode;

namespace RobustMQ.Storage.Client.Tests.Faults;

/// <summary>A log service that appends as the real one does and gets into all the trouble that a cluster of nodes can be in.</summary>
/// <param name="choose">The fault of the next append, given whether the log may have it already.</param>
internal sealed class FaultyLog(NodeStorage node, Func<bool, Fault> choose) : LogService.LogServiceBase
{
    private readonly HashSet<string> _stored = [];

    public override async Task AppendStream(
        IAsyncStreamReader<AppendStreamRequest> requests, IServerStreamWriter<AppendStreamReply> replies, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([]);
        while (await requests.MoveNext(context.CancellationToken))
        {
            var reply = new AppendStreamReply();
            var isOver = false;
            foreach (var entry in requests.Current.Entries)
            {
                if (await AnswerAsync(entry) is not { } answer)
                {
                    isOver = true;
                    break;
                }
                reply.Entries.Add(answer);
            }
            if (reply.Entries.Count > 0)
                await replies.WriteAsync(reply);
            if (isOver)
                throw new RpcException(new Status(StatusCode.Unavailable, "fault"));
        }
    }

    private async Task<AppendStreamReply.Types.Entry?> AnswerAsync(AppendStreamRequest.Types.Entry entry)
    {
        var name = entry.Append.Log.Topic + TestBatch.Read(entry.Append.Batch.Span)[0].Value;
        var fault = choose(_stored.Contains(name));
        var result = AppendResult.Failed(fault switch
        {
            Fault.NotLeader => ErrorCode.NotLeader,
            Fault.Unavailable => ErrorCode.Unavailable,
            Fault.Fenced => ErrorCode.Fenced,
            _ => ErrorCode.UnknownOutcome,
        });
        if (fault is Fault.None or Fault.StoredUnknown or Fault.StoredEnd)
        {
            var stored = await node.Logs.AppendAsync(LogMapping.FromMessage(entry.Append, Names.ToLog(entry.Append.Log), entry.Append.Batch.Memory));
            if (stored.Succeeded)
                _stored.Add(name);
            // What the log refuses is refused, fault or not.
            if (fault == Fault.None || !stored.Succeeded)
                result = stored;
        }
        if (fault is Fault.StoredEnd or Fault.LostEnd)
            return null;
        var answer = new AppendStreamReply.Types.Entry { Id = entry.Id, Reply = new AppendReply() };
        LogMapping.Fill(answer.Reply, result);
        return answer;
    }
}
