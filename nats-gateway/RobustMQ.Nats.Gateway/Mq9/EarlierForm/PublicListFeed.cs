using System.Text.Json;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>Serves one subscription to <c>PUBLIC.LIST</c>: a message for each public mailbox, then one whenever a mailbox comes or its time is over.</summary>
internal sealed class PublicListFeed(PublicMailboxes mailboxes, NatsSubscription subscription, Namespace ns, TimeProvider time)
{
    public const string Subject = "$mq9.AI.PUBLIC.LIST";

    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);

    private readonly FeedDelivery _delivery = new();
    private readonly PublicListReader _reader = new(mailboxes.Topic, ns);
    private readonly PriorityQueue<PublicMailbox, long> _expiring = new();

    /// <summary>Runs until the subscription has ended or the storage-node cannot be reached. Called again in that last case, it goes on where it was.</summary>
    public async Task<ErrorCode> RunAsync(CancellationToken ended)
    {
        var found = new List<PublicMailbox>();
        while (!ended.IsCancellationRequested && !subscription.IsRemoved)
        {
            var wait = LongPoll;
            if (_expiring.TryPeek(out _, out var nextMs))
                wait = TimeSpan.FromMilliseconds(Math.Clamp(nextMs - NowMs, 1, (long)LongPoll.TotalMilliseconds));
            found.Clear();
            var error = await _reader.ReadAsync(found, wait, ended).ConfigureAwait(false);
            if (error == ErrorCode.NotFound)
            {
                // No mailbox of this namespace has been public yet.
                await Task.Delay(TimeSpan.FromSeconds(1), time, ended).ConfigureAwait(false);
                continue;
            }
            if (error != ErrorCode.None)
                return error;
            if (!Tell(found))
                return ErrorCode.None;
        }
        return ErrorCode.None;
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private bool Tell(List<PublicMailbox> found)
    {
        foreach (var mailbox in found)
        {
            if (mailbox.ExpiresAtMs != 0 && mailbox.ExpiresAtMs <= NowMs)
                continue;
            if (mailbox.ExpiresAtMs != 0)
                _expiring.Enqueue(mailbox, mailbox.ExpiresAtMs);
            if (!Tell("created", mailbox))
                return false;
        }
        while (_expiring.TryPeek(out var expired, out var atMs) && atMs <= NowMs)
        {
            _expiring.Dequeue();
            if (!Tell("expired", expired))
                return false;
        }
        _delivery.Flush();
        return true;
    }

    private bool Tell(string change, PublicMailbox mailbox)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("event"u8, change);
            mailbox.WriteFields(json);
            json.WriteEndObject();
        }
        return _delivery.Deliver(subscription, Subject, buffer.ToArray());
    }
}
