using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class NodeContract
{
    [Theory, EveryAdapter]
    public async Task A_lease_that_is_renewed_without_a_value_keeps_its_value_and_its_revision(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var lease = (await node.Client.Node.AcquireLeaseAsync("gateways/1", "ann", "one"u8.ToArray(), TimeSpan.FromSeconds(30))).Lease!;
        for (var renewal = 0; renewal < 3; renewal++)
        {
            var renewed = await node.Client.Node.RenewLeaseAsync("gateways/1", lease.Revision);
            Assert.Equal((ErrorCode.None, lease.Revision), (renewed.Error, renewed.Lease!.Revision));
            Assert.Equal("one"u8.ToArray(), renewed.Lease.Value.ToArray());
        }
    }

    [Theory, EveryAdapter]
    public async Task A_lease_has_one_holder_who_is_fenced_when_it_is_taken_away(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        using var limit = new CancellationTokenSource(Limits.Deadline);
        var ttl = TimeSpan.FromSeconds(30);
        await using var watch = node.Client.Node.WatchLeasesAsync("gateways/", limit.Token).GetAsyncEnumerator();
        Assert.Equal(LeaseEventKind.CaughtUp, (await watch.NextAsync()).Kind);
        var first = await node.Client.Node.AcquireLeaseAsync("gateways/1", "ann", "one"u8.ToArray(), ttl);
        var held = await node.Client.Node.AcquireLeaseAsync("gateways/1", "bob", default, ttl);
        var renewed = await node.Client.Node.RenewLeaseAsync("gateways/1", first.Lease!.Revision, "two"u8.ToArray());
        var stolen = await node.Client.Node.AcquireLeaseAsync("gateways/1", "bob", default, ttl, steal: true);
        var late = await node.Client.Node.RenewLeaseAsync("gateways/1", renewed.Lease!.Revision);

        Assert.Equal((ErrorCode.LeaseHeld, "ann"), (held.Error, held.Lease!.Holder));
        Assert.Equal("two"u8.ToArray(), renewed.Lease.Value.ToArray());
        Assert.Equal(("bob", ttl), (stolen.Lease!.Holder, stolen.Lease.Ttl));
        Assert.Equal(ErrorCode.Fenced, late.Error);
        Assert.Equal("bob", (await node.Client.Node.GetLeaseAsync("gateways/1")).Lease!.Holder);
        Assert.Equal(ErrorCode.None, (await node.Client.Node.ReleaseLeaseAsync("gateways/1", stolen.Lease.Revision)).Error);
        Assert.Equal(ErrorCode.NotFound, (await node.Client.Node.GetLeaseAsync("gateways/1")).Error);
        for (var put = 0; put < 3; put++)
            Assert.Equal(LeaseEventKind.Put, (await watch.NextAsync()).Kind);
        Assert.Equal(LeaseEventKind.Released, (await watch.NextAsync()).Kind);
    }

    [Theory, EveryAdapter]
    public async Task The_node_says_who_it_is_and_how_it_is(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var identity = await node.Client.Node.IdentityAsync();
        var health = await node.Client.Node.HealthAsync();
        await node.Client.CreateAsync("log", "log");
        await node.Client.AppendAsync("log", TestBatch.Of("log", "log"));
        var stats = await node.Client.Node.StatsAsync();

        Assert.True(identity.NodeId.Length == 32 && identity.Incarnation >= 1);
        Assert.True(health.IsReady);
        Assert.Contains(health.Stages, stage => stage is { Name: "serving", IsHealthy: true });
        Assert.True(stats.RecordsAppended >= 2 && stats.Topics >= 2);
    }
}
