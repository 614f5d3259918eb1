using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Connections;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Turns matching subscriptions into receivers: one for each client, one group for each share name and filter.</summary>
internal static class MatchResultBuilder
{
    public static MatchResult Build(ReadOnlySpan<byte> subject, List<MqttSubscription> found, List<PeerSubscription> peers, WantedFilters wanted)
    {
        var isWanted = wanted.HasMatch(subject);
        if (subject[0] == '$')
            found.RemoveAll(static subscription => subscription.BeginsWithWildcard);
        if (peers.Count == 0)
        {
            if (found.Count == 0)
                return isWanted ? MatchResult.SessionsOnly : MatchResult.Nobody;
            if (found.Count == 1 && found[0].ShareName is null && !isWanted)
                return found[0].AloneResult;
        }
        return new MatchResult(MergePlain(found), TakeShares(found, peers, wanted), peers.Exists(static peer => peer.Queue is null), isWanted);
    }

    private static Receiver[] MergePlain(List<MqttSubscription> found)
    {
        var byConnection = new Dictionary<MqttConnection, List<MqttSubscription>>();
        foreach (var subscription in found)
        {
            if (subscription.ShareName is not null)
                continue;
            if (!byConnection.TryGetValue(subscription.Connection, out var own))
                byConnection.Add(subscription.Connection, own = new List<MqttSubscription>(1));
            own.Add(subscription);
        }
        var receivers = new Receiver[byConnection.Count];
        var at = 0;
        foreach (var (connection, own) in byConnection)
            receivers[at++] = own.Count == 1 ? own[0].AloneResult.Plain[0] : Receiver.Of(connection, own);
        return receivers;
    }

    private static ShareGroup[] TakeShares(List<MqttSubscription> found, List<PeerSubscription> peers, WantedFilters wanted)
    {
        Dictionary<(string Name, string Filter), (List<Receiver> Members, List<PeerSubscription> Peers)>? groups = null;
        foreach (var subscription in found)
        {
            if (subscription.ShareName is { } name)
                Group(ref groups, name, subscription.Filter.Value).Members.Add(Receiver.Of(subscription));
        }
        foreach (var peer in peers)
        {
            if (peer.Queue is { } name)
                Group(ref groups, name, peer.Filter.Value).Peers.Add(peer);
        }
        return groups is null ? [] :
        [
            .. groups.Select(group => new ShareGroup(
                group.Key.Name, [.. group.Value.Members], new GroupPeers(group.Value.Peers), wanted.IsKept(group.Key.Name, group.Key.Filter)))
        ];
    }

    private static (List<Receiver> Members, List<PeerSubscription> Peers) Group(
        ref Dictionary<(string Name, string Filter), (List<Receiver> Members, List<PeerSubscription> Peers)>? groups, string name, string filter)
    {
        groups ??= [];
        if (!groups.TryGetValue((name, filter), out var group))
            groups.Add((name, filter), group = ([], []));
        return group;
    }
}
