using RobustMQ.Records.Live;

namespace RobustMQ.GatewayKit.Live;

/// <summary>The members that other gateways have in one group (NATS: queue group, MQTT: shared subscription), and the choice among all of its members (decision 0003). Immutable.</summary>
public sealed class GroupPeers(IReadOnlyList<PeerSubscription> peers)
{
    private readonly int _weight = peers.Sum(static peer => peer.Weight);

    /// <summary>Chooses with equal chance among all members, wherever they are.</summary>
    /// <param name="membersHere">How many this gateway has.</param>
    /// <param name="index">Of the member here; -1 where a peer's member was chosen.</param>
    /// <param name="peer">The peer then.</param>
    public void Pick(Random random, int membersHere, out int index, out SubscriberId peer)
    {
        ArgumentNullException.ThrowIfNull(random);
        peer = SubscriberId.None;
        index = random.Next(membersHere + _weight);
        if (index < membersHere)
            return;
        var left = index - membersHere;
        index = -1;
        for (var at = 0; at < peers.Count; at++)
        {
            peer = peers[at].Subscriber;
            left -= peers[at].Weight;
            if (left < 0)
                return;
        }
    }
}
