using RobustMQ.Records.Live;

namespace RobustMQ.Nats.Gateway.Subscriptions;

/// <summary>The members of one queue group that match a subject, here and at peers.</summary>
internal sealed class QueueGroup(string name, NatsSubscription[] members, QueuePeer[] peers)
{
    private readonly int _peerWeight = peers.Sum(static peer => peer.Weight);

    public string Name { get; } = name;

    public NatsSubscription[] Members { get; } = members;

    /// <summary>Chooses with equal chance among all members, wherever they are.</summary>
    /// <param name="index">Of the member here; -1 where a peer's member was chosen.</param>
    /// <param name="peer">The peer then.</param>
    public void Pick(Random random, out int index, out SubscriberId peer)
    {
        peer = SubscriberId.None;
        index = random.Next(Members.Length + _peerWeight);
        if (index < Members.Length)
            return;
        var left = index - Members.Length;
        index = -1;
        foreach (var candidate in peers)
        {
            peer = candidate.Subscriber;
            left -= candidate.Weight;
            if (left < 0)
                return;
        }
    }
}

/// <summary>Another gateway's members of a queue group.</summary>
internal readonly record struct QueuePeer(SubscriberId Subscriber, int Weight);
