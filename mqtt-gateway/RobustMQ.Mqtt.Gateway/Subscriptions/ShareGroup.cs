using RobustMQ.Records.Live;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Members of one shared subscription that match a subject, here and at peers. One of them gets each message.</summary>
/// <param name="isKept">What is stored comes to its members from storage, one by one, and not this way.</param>
internal sealed class ShareGroup(string name, Receiver[] members, SharePeer[] peers, bool isKept)
{
    private readonly int _peerWeight = peers.Sum(static peer => peer.Weight);

    public string Name { get; } = name;

    public Receiver[] Members { get; } = members;

    public bool IsKept { get; } = isKept;

    /// <summary>Chooses with equal chance among all members, wherever they are.</summary>
    /// <param name="index">Of the member here; -1 where a peer's member was chosen.</param>
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

/// <summary>Another gateway's members of a shared subscription or queue group.</summary>
internal readonly record struct SharePeer(SubscriberId Subscriber, int Weight);
