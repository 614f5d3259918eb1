using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>
/// Serves one plain subscription to a mailbox: what was stored when it began, in priority order, then what comes, in the order in which it was stored. Both are read from the mailbox's log,
/// wherever the senders are, so nothing is left out between the two and nothing comes twice.
/// </summary>
internal sealed class MailboxFeed(MailboxStore mailboxes, NatsSubscription subscription, Namespace ns, MailboxSubject subject)
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);

    private readonly FeedDelivery _delivery = new();
    private readonly TopicPartition _log = MailboxNames.LogOf(ns, subject.Address);
    private Offset _next = Offset.None;

    /// <summary>Runs until the subscription has ended, or the mailbox, or the storage-node cannot be reached. Called again in that last case, it goes on where it was.</summary>
    public async Task<ErrorCode> RunAsync(CancellationToken ended)
    {
        if (_next == Offset.None)
        {
            var (error, offsets) = await mailboxes.OffsetsAsync(ns, subject.Address, -1, ended).ConfigureAwait(false);
            if (error == ErrorCode.None)
                error = await DeliverStoredAsync(offsets, ended).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return error;
            _next = offsets.End;
        }
        while (!ended.IsCancellationRequested && !subscription.IsRemoved)
        {
            using var page = await mailboxes.ReadAsync(new ReadRequest { Log = _log, Offset = _next, MaxWait = LongPoll }, ended).ConfigureAwait(false);
            if (page.Error == ErrorCode.OffsetOutOfRange)
                _next = page.LogStartOffset;
            else if (!page.Succeeded)
                return page.Error;
            else if (!Deliver(page.Batches, _next, new Offset(long.MaxValue)))
                return ErrorCode.None;
            else
                _next = page.NextOffset;
        }
        return ErrorCode.None;
    }

    private async Task<ErrorCode> DeliverStoredAsync(LogOffsets offsets, CancellationToken ended)
    {
        var request = new ReadRequest { Log = _log, ByPriority = true, Start = ReadStart.First };
        while (true)
        {
            using var page = await mailboxes.ReadAsync(request, ended).ConfigureAwait(false);
            if (!page.Succeeded)
                return page.Error;
            if (page.Batches.IsEmpty || !Deliver(page.Batches, Offset.Zero, offsets.End))
                return ErrorCode.None;
            request = request with { Start = ReadStart.Offset, Offset = page.NextOffset, LanePositions = page.LanePositions };
        }
    }

    /// <returns>False where the subscription takes nothing any more.</returns>
    private bool Deliver(ReadOnlyMemory<byte> batches, Offset from, Offset until)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            using var opened = RecordDecompressor.Open(reader.Current, MessageList.OpenedBytesMax);
            if (!opened.Succeeded)
                continue;
            var records = new RecordReader(reader.Current.Span, opened.Records.Span);
            while (records.MoveNext())
            {
                if (records.Current.Offset < from || records.Current.Offset >= until)
                    continue;
                var priority = MailPriorities.Of(records.Current);
                if (subject.Wants(priority))
                    _ = _delivery.Deliver(subscription, subject.SubjectOf(priority), records.Current);
                // It has had as many as it asked for. One that it may not receive is passed by.
                if (subscription.IsRemoved)
                    return false;
            }
        }
        _delivery.Flush();
        return true;
    }
}
