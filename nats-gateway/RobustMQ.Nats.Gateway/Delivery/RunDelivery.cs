using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>Delivers runs to local subscriptions. One for each delivering thread (a connection's reader, the live feed): it keeps scratch memory and a random source.</summary>
internal sealed class RunDelivery
{
    private byte[] _prefix = new byte[128];

    public FlushList FlushList { get; } = new();

    /// <summary>For the choice of queue members; seeded from the system, never shared between threads.</summary>
    public Random Random { get; } = new();

    /// <summary>Gives a run to one subscription.</summary>
    /// <param name="publisher">Gets no echo if it asked for none; null: a peer's client.</param>
    /// <returns>Messages delivered.</returns>
    public int Deliver(in PublishRun run, NatsSubscription subscription, NatsConnection? publisher)
    {
        var receiver = subscription.Connection;
        if (ReferenceEquals(receiver, publisher) && !receiver.Options.Echo)
            return 0;
        if (subscription.ChecksDeliveries && !receiver.MayReceive(run.Subject))
            return 0;
        var prefix = BuildPrefix(run.Subject, subscription.Sid);
        var delivered = receiver.Outbound.Deliver(run, subscription, prefix, receiver.Options.Headers, FlushList);
        if (delivered > 0 && receiver.TracksReplies)
            receiver.NoteReplies(run, delivered);
        if (subscription.DeliverMax > 0 && subscription.Delivered >= subscription.DeliverMax)
            receiver.EndSubscription(subscription);
        return delivered;
    }

    /// <summary>Gives one message to a member of a queue group, to the next one where the chosen member takes none.</summary>
    public bool DeliverToOne(in PublishRun run, NatsSubscription[] members, int index, NatsConnection? publisher)
    {
        for (var tried = 0; tried < members.Length; tried++)
        {
            if (Deliver(run, members[index], publisher) > 0)
                return true;
            index = index + 1 == members.Length ? 0 : index + 1;
        }
        return false;
    }

    private ReadOnlySpan<byte> BuildPrefix(ReadOnlySpan<byte> subject, byte[] sid)
    {
        var length = subject.Length + sid.Length + 2;
        if (_prefix.Length < length)
            _prefix = new byte[length * 2];
        subject.CopyTo(_prefix);
        _prefix[subject.Length] = (byte)' ';
        sid.CopyTo(_prefix, subject.Length + 1);
        _prefix[length - 1] = (byte)' ';
        return _prefix.AsSpan(0, length);
    }
}
