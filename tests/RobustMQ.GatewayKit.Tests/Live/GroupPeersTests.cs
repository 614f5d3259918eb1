using RobustMQ.GatewayKit.Live;
using RobustMQ.Records;
using RobustMQ.Records.Live;

namespace RobustMQ.GatewayKit.Tests.Live;

public sealed class GroupPeersTests
{
    [Fact]
    public void Every_member_has_the_same_chance_wherever_it_is()
    {
        var peers = new GroupPeers([Peer(7, weight: 3), Peer(8, weight: 1)]);
        var random = new Random(1);
        var here = new int[2];
        var there = new Dictionary<SubscriberId, int>();
        for (var message = 0; message < 60_000; message++)
        {
            peers.Pick(random, membersHere: 2, out var index, out var peer);
            if (index >= 0)
                here[index]++;
            else
                there[peer] = there.GetValueOrDefault(peer) + 1;
        }

        Assert.All(here, static count => Assert.InRange(count, 9_500, 10_500));
        Assert.InRange(there[new SubscriberId(7)], 29_000, 31_000);
        Assert.InRange(there[new SubscriberId(8)], 9_500, 10_500);
    }

    [Fact]
    public void A_group_without_members_here_is_served_by_its_peers_and_one_without_peers_here()
    {
        new GroupPeers([Peer(7, weight: 1)]).Pick(new Random(1), membersHere: 0, out var index, out var peer);
        Assert.Equal((-1, new SubscriberId(7)), (index, peer));

        new GroupPeers([]).Pick(new Random(1), membersHere: 1, out index, out peer);
        Assert.Equal((0, SubscriberId.None), (index, peer));
    }

    private static PeerSubscription Peer(long id, int weight) => new(new SubscriberId(id), SubjectFilter.All, "workers", weight);
}
