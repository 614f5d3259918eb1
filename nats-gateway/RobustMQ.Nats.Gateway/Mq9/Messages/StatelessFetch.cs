using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>A FETCH without a group: reads where it is told to and leaves no trace.</summary>
/// <param name="bytesMax">Of an answer.</param>
internal sealed class StatelessFetch(MailboxStore mailboxes, long bytesMax)
{
    public async ValueTask RunAsync(Mq9Call call, FetchOptions options)
    {
        var timeMs = options.Deliver == DeliverPolicy.FromTime ? options.FromTime * 1000 : -1;
        var (error, offsets) = await mailboxes.OffsetsAsync(call.Namespace, call.Argument, timeMs, call.ClientGone).ConfigureAwait(false);
        if (error != ErrorCode.None)
        {
            call.Answer.Fail(Mq9Errors.Storage(error, call.Argument));
            return;
        }
        var list = new MessageList(call.Answer, bytesMax, options.Count);
        var from = StartOf(options, offsets);
        if (from < offsets.End || options.MaxWait > TimeSpan.Zero)
        {
            using var read = await mailboxes.ReadAsync(RequestOf(call, options, from), call.ClientGone).ConfigureAwait(false);
            if (!read.Succeeded && read.Error != ErrorCode.Cancelled)
            {
                call.Answer.Fail(Mq9Errors.Storage(read.Error, call.Argument));
                return;
            }
            var firstId = options.Deliver == DeliverPolicy.FromId ? options.FromId : 0;
            list.TryAddAll(read.Batches, (in Record record) => record.Offset.Value >= firstId);
        }
        list.End();
    }

    private static Offset StartOf(FetchOptions options, in LogOffsets offsets)
    {
        var start = options.Deliver switch
        {
            DeliverPolicy.Earliest => offsets.Start,
            DeliverPolicy.FromId => new Offset(options.FromId),
            DeliverPolicy.FromTime when offsets.AtTime != Offset.None => offsets.AtTime,
            _ => offsets.End,
        };
        if (start < offsets.Start)
            return offsets.Start;
        return start > offsets.End ? offsets.End : start;
    }

    private ReadRequest RequestOf(Mq9Call call, FetchOptions options, Offset from) => new()
    {
        Log = MailboxNames.LogOf(call.Namespace, call.Argument),
        ByPriority = true,
        Offset = from,
        MaxRecords = options.Count,
        MaxBytes = (int)(bytesMax * 3 / 4),
        MaxWait = options.MaxWait,
    };
}
