using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Records.Nodes;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A gateway among the others, over the leases of a storage-node.</summary>
public class ClusterMembershipTests
{
    [Fact]
    public async Task A_gateway_whose_lease_is_told_to_have_ended_names_itself_and_becomes_a_broker_again()
    {
        await using var cluster = await KafkaCluster.StartAsync(0);
        await using var storage = cluster.Storage;
        var settings = new SettingsReader(new SettingsSources().AddFlags(["--kafka:lease", "1s"]));
        var membership = new ClusterMembership(storage.Node, KafkaOptions.Read(settings), TimeProvider.System, NullLogger<ClusterMembership>.Instance);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var running = membership.RunAsync("127.0.0.1", 9092, stop.Token);
        await membership.Joined.WaitAsync(stop.Token);

        var lease = (await storage.Node.GetLeaseAsync($"{ClusterView.MemberPrefix}1")).Lease!;
        membership.View.SetMember(lease, isHeld: false);

        Assert.Equal("127.0.0.1:9092", Assert.Single(membership.Brokers).Endpoint);
        while (membership.View.Brokers.Count == 0)
        {
            Assert.False(running.IsCompleted);
            await Task.Delay(1, stop.Token);
        }
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_gateway_that_has_lost_its_lease_comes_back_with_its_own_id_though_a_lower_one_is_free()
    {
        await using var cluster = await KafkaCluster.StartAsync(0);
        await using var storage = cluster.Storage;
        var other = (await storage.Node.AcquireLeaseAsync($"{ClusterView.MemberPrefix}1", "127.0.0.1:9094", default, TimeSpan.FromSeconds(30))).Lease!;
        var settings = new SettingsReader(new SettingsSources().AddFlags(["--kafka:lease", "1s"]));
        var membership = new ClusterMembership(storage.Node, KafkaOptions.Read(settings), TimeProvider.System, NullLogger<ClusterMembership>.Instance);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var running = membership.RunAsync("127.0.0.1", 9092, stop.Token);
        await membership.Joined.WaitAsync(stop.Token);
        Assert.Equal(2, membership.Self!.NodeId);

        var lost = (await storage.Node.GetLeaseAsync($"{ClusterView.MemberPrefix}2")).Lease!;
        await storage.Node.ReleaseLeaseAsync(other.Name, other.Revision);
        await storage.Node.ReleaseLeaseAsync(lost.Name, lost.Revision);

        while ((await storage.Node.GetLeaseAsync($"{ClusterView.MemberPrefix}{membership.Self.NodeId}")).Lease is not { Holder: "127.0.0.1:9092" } lease || lease.Revision <= lost.Revision)
            await Task.Delay(1, stop.Token);
        Assert.Equal(2, membership.Self.NodeId);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public void A_lease_that_was_acquired_again_outlives_what_is_told_late_of_its_former_self()
    {
        var view = new ClusterView();
        var former = new Lease($"{ClusterView.MemberPrefix}1", "127.0.0.1:9092", default, TimeSpan.FromSeconds(1), 5);
        view.SetMember(former with { Revision = 8 }, isHeld: true);

        view.Apply(new LeaseEvent(LeaseEventKind.Expired, former, 7));
        Assert.Equal(1, Assert.Single(view.Brokers).NodeId);

        view.Apply(new LeaseEvent(LeaseEventKind.Expired, former with { Revision = 8 }, 9));
        Assert.Empty(view.Brokers);
    }

    [Fact]
    public void A_gateway_that_learns_late_that_it_has_lost_a_slot_still_knows_who_has_it()
    {
        var view = new ClusterView();
        view.SetMember(new Lease($"{ClusterView.MemberPrefix}2", "127.0.0.1:9094", default, TimeSpan.FromSeconds(1), 1), isHeld: true);
        var lost = new Lease($"{ClusterView.SlotPrefix}3", "127.0.0.1:9092", default, TimeSpan.FromSeconds(1), 5);
        view.SetSlot(3, lost, isHeld: true);
        view.Apply(new LeaseEvent(LeaseEventKind.Put, lost with { Holder = "127.0.0.1:9094", Revision = 8 }, 8));

        view.SetSlot(3, lost, isHeld: false);
        Assert.Equal(2, view.CoordinatorOf(3)!.NodeId);

        view.Apply(new LeaseEvent(LeaseEventKind.Expired, lost with { Holder = "127.0.0.1:9094", Revision = 8 }, 9));
        Assert.False(view.IsTaken(3));
    }
}
