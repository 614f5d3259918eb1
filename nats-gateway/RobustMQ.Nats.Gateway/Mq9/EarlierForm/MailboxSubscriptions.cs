using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Mq9.Messages;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>
/// Subscriptions under <c>$mq9.AI.</c>: each gets a feed that runs until the subscription ends, members of a queue group share one. A subscription that nothing can be delivered to is told so
/// with <c>-ERR</c>. Any thread.
/// </summary>
internal sealed partial class MailboxSubscriptions(
    MailboxStore mailboxes, PublicMailboxes publicMailboxes, IConsumerClient consumers, WaitSlots slots, TimeProvider time, ILogger<MailboxSubscriptions> logger)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(Namespace, MailboxSubject, string), QueueGroupFeed> _queues = [];

    public void Begin(NatsSubscription subscription)
    {
        var subject = Encoding.UTF8.GetString(subscription.Subject);
        var ns = subscription.Connection.Identity!.Account.Namespace;
        if (subject == PublicListFeed.Subject)
        {
            Run(subscription, new PublicListFeed(publicMailboxes, subscription, ns, time).RunAsync);
            return;
        }
        var mailbox = subject.StartsWith(MailboxSubject.Prefix, StringComparison.Ordinal) ? MailboxSubject.Parse(subject[MailboxSubject.Prefix.Length..]) : default;
        if (mailbox.Address is null)
            Refuse(subscription, Mq9Errors.Unrecognized(subject));
        else if (!MailAddress.IsValid(mailbox.Address))
            Refuse(subscription, Mq9Errors.NoMailbox(mailbox.Address));
        else if (subscription.Queue is null)
            Run(subscription, new MailboxFeed(mailboxes, subscription, ns, mailbox).RunAsync);
        else
            Join(subscription, ns, mailbox, subscription.Queue);
    }

    private static void Refuse(NatsSubscription subscription, string error)
    {
        subscription.Connection.Outbound.Write(NatsErrors.Line(Encoding.UTF8.GetBytes(error)));
        subscription.Connection.Outbound.Flush();
    }

    private void Run(NatsSubscription subscription, Func<CancellationToken, Task<ErrorCode>> feed)
    {
        var ended = new CancellationTokenSource();
        Watch(subscription, ended.Cancel);
        _ = RunAsync(feed, error => Refuse(subscription, error), ended.Token);
    }

    private void Join(NatsSubscription subscription, Namespace ns, MailboxSubject subject, string queue)
    {
        if (Encoding.UTF8.GetByteCount(queue) > MailboxNames.GroupBytesMax)
        {
            Refuse(subscription, $"queue group is longer than {MailboxNames.GroupBytesMax} bytes");
            return;
        }
        var key = (ns, subject, queue);
        lock (_lock)
        {
            if (!_queues.TryGetValue(key, out var group))
            {
                _queues.Add(key, group = new QueueGroupFeed(new QueueFeed(consumers, ns, subject, queue)));
                _ = RunAsync(group.Feed.RunAsync, error => Dissolve(key, error), group.Ended.Token);
            }
            group.Add(subscription);
        }
        Watch(subscription, () => Leave(key, subscription));
    }

    /// <summary>Its connection may have been closed while the feed was made: then nobody else says that it is over.</summary>
    private static void Watch(NatsSubscription subscription, Action removed)
    {
        subscription.Removed = removed;
        Interlocked.MemoryBarrier();
        if (subscription.IsRemoved)
            removed();
    }

    /// <summary>The feed has ended by itself: its members are told, and whoever joins next begins a new one.</summary>
    private void Dissolve((Namespace, MailboxSubject, string) key, string error)
    {
        QueueGroupFeed? group;
        lock (_lock)
        {
            if (!_queues.Remove(key, out group))
                return;
        }
        foreach (var member in group.Feed.Members)
            Refuse(member, error);
    }

    private void Leave((Namespace, MailboxSubject, string) key, NatsSubscription subscription)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(key, out var group) || !group.Remove(subscription))
                return;
            _queues.Remove(key);
            group.Ended.Cancel();
        }
    }

    private async Task RunAsync(Func<CancellationToken, Task<ErrorCode>> feed, Action<string> refuse, CancellationToken ended)
    {
        // Off the connection's reading thread, and out of its lock.
        await Task.Yield();
        if (!slots.TryTake())
        {
            refuse("the server serves as many mailbox subscriptions as it may");
            return;
        }
        try
        {
            while (!ended.IsCancellationRequested)
            {
                var error = await feed(ended).ConfigureAwait(false);
                if (error is ErrorCode.None or ErrorCode.NotFound or ErrorCode.Unsupported)
                {
                    if (error != ErrorCode.None && !ended.IsCancellationRequested)
                        refuse(Describe(error));
                    return;
                }
                await Task.Delay(RetryPause, time, ended).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception error)
        {
            LogFailed(logger, error);
            refuse("the server failed");
        }
        finally
        {
            slots.Return();
        }
    }

    private static string Describe(ErrorCode error) => error switch
    {
        ErrorCode.NotFound => "the mailbox does not exist",
        ErrorCode.Unsupported => Mq9Errors.NoGroups,
        _ => Mq9Errors.Storage(error),
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "A mailbox subscription ended by a fault of the gateway")]
    private static partial void LogFailed(ILogger logger, Exception error);

    /// <summary>A feed with its members; guarded by the lock.</summary>
    private sealed class QueueGroupFeed(QueueFeed feed)
    {
        private readonly List<NatsSubscription> _members = [];

        public QueueFeed Feed { get; } = feed;

        public CancellationTokenSource Ended { get; } = new();

        public void Add(NatsSubscription member)
        {
            _members.Add(member);
            Feed.SetMembers([.. _members]);
        }

        /// <returns>True where nobody is left.</returns>
        public bool Remove(NatsSubscription member)
        {
            _members.Remove(member);
            Feed.SetMembers([.. _members]);
            return _members.Count == 0;
        }
    }
}
