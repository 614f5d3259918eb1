using RobustMQ.GatewayKit.Live;

namespace RobustMQ.Nats.Gateway.Subscriptions;

/// <summary>
/// Sorts matching subscriptions into those that all get a message and queue groups of which one member does. Groups of one name are one group for a subject, whatever
/// filters their members have, as in nats-server.
/// </summary>
internal static class MatchResultBuilder
{
    public static MatchResult Build(List<NatsSubscription> found, List<PeerSubscription> peers)
    {
        if (peers.Count == 0)
        {
            if (found.Count == 0)
                return MatchResult.Nobody;
            if (found.Count == 1 && found[0].Queue is null)
                return found[0].AloneResult;
        }

        var plain = 0;
        Dictionary<string, (List<NatsSubscription> Members, List<PeerSubscription> Peers)>? queues = null;
        foreach (var subscription in found)
        {
            if (subscription.Queue is null)
                plain++;
            else
                Group(ref queues, subscription.Queue).Members.Add(subscription);
        }

        var peersListen = false;
        foreach (var peer in peers)
        {
            if (peer.Queue is null)
                peersListen = true;
            else
                Group(ref queues, peer.Queue).Peers.Add(peer);
        }
        return new MatchResult(TakePlain(found, plain), TakeQueues(queues), peersListen);
    }

    private static NatsSubscription[] TakePlain(List<NatsSubscription> found, int count)
    {
        if (count == 0)
            return [];
        var plain = new NatsSubscription[count];
        var at = 0;
        foreach (var subscription in found)
        {
            if (subscription.Queue is null)
                plain[at++] = subscription;
        }
        return plain;
    }

    private static QueueGroup[] TakeQueues(Dictionary<string, (List<NatsSubscription> Members, List<PeerSubscription> Peers)>? queues)
    {
        if (queues is null)
            return [];
        var groups = new QueueGroup[queues.Count];
        var at = 0;
        foreach (var (name, (members, queuePeers)) in queues)
            groups[at++] = new QueueGroup(name, [.. members], new GroupPeers(queuePeers));
        return groups;
    }

    private static (List<NatsSubscription> Members, List<PeerSubscription> Peers) Group(
        ref Dictionary<string, (List<NatsSubscription> Members, List<PeerSubscription> Peers)>? queues, string name)
    {
        queues ??= [];
        if (!queues.TryGetValue(name, out var group))
            queues.Add(name, group = ([], []));
        return group;
    }
}
