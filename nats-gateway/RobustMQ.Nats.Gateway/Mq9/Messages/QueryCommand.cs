using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>
/// <c>MSG.QUERY.{addr}</c>: looks into a mailbox and touches nobody's progress. The newest messages that match, oldest of them first; with <c>since</c> the first ones from then on.
/// </summary>
internal sealed class QueryCommand(MailboxStore mailboxes, long bytesMax) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        var options = QueryOptions.Parse(call.Payload, out var mistake);
        if (mistake is not null)
        {
            call.Answer.Fail(Mq9Errors.InvalidPayload("QUERY", mistake));
            return;
        }
        if (!MailAddress.IsValid(call.Argument))
        {
            call.Answer.Fail(Mq9Errors.NoMailbox(call.Argument));
            return;
        }
        var isSince = options is { Key: null, Tags.Count: 0, Since: not null };
        var timeMs = isSince ? options.Since!.Value * 1000 : -1;
        var (error, offsets) = await mailboxes.OffsetsAsync(call.Namespace, call.Argument, timeMs, call.ClientGone).ConfigureAwait(false);
        if (error == ErrorCode.None)
        {
            error = isSince
                ? await AddFirstAsync(call, offsets.AtTime == Offset.None ? offsets.End : offsets.AtTime, timeMs, options.Limit).ConfigureAwait(false)
                : await AddNewestAsync(call, offsets, ConditionOf(options), options.Key is null ? options.Limit : 1).ConfigureAwait(false);
        }
        if (error != ErrorCode.None)
            call.Answer.Fail(Mq9Errors.Storage(error, call.Argument));
    }

    private static RecordCondition? ConditionOf(QueryOptions options)
    {
        if (options.Key is { } key)
            return (in Record record) => record.HasKey && record.Key.SequenceEqual(key);
        return options.Tags.Count == 0 ? null : (in Record record) => MessageTags.HasAny(record, options.Tags);
    }

    private async ValueTask<ErrorCode> AddFirstAsync(Mq9Call call, Offset from, long timeMs, int limit)
    {
        var list = new MessageList(call.Answer, bytesMax, limit);
        var pages = new MailboxPages(mailboxes, MailboxNames.LogOf(call.Namespace, call.Argument), from);
        while (await pages.MoveNextAsync(call.ClientGone).ConfigureAwait(false))
        {
            // Clocks of gateways differ: a record behind one that is new enough may be older.
            if (!list.TryAddAll(pages.Current, (in Record record) => record.TimestampMs >= timeMs))
                break;
        }
        pages.Dispose();
        list.End();
        return pages.Error;
    }

    private async ValueTask<ErrorCode> AddNewestAsync(Mq9Call call, LogOffsets offsets, RecordCondition? condition, int limit)
    {
        var newest = new NewestMessages(limit, bytesMax);
        var error = await newest.CollectAsync(mailboxes, MailboxNames.LogOf(call.Namespace, call.Argument), offsets, condition, call.ClientGone).ConfigureAwait(false);
        newest.WriteTo(call.Answer);
        return error;
    }
}
