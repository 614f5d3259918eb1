using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>The real process, under a client that never gives up.</summary>
public sealed class NodeProcessTests : IAsyncLifetime
{
    private readonly NodeProcess _node = new();

    public Task InitializeAsync() => _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_killed_node_keeps_its_topics_and_goes_on_where_its_clients_are()
    {
        await using var client = AdaptedNode.NewClient(_node.Address, static given => given with { FailFastAfter = Limits.Deadline });
        var before = await client.Node.IdentityAsync();
        // What the memory engine holds goes with the process; topics, leases and numbers stay.
        var topic = await client.CreateAsync(TestNode.Spec("t") with { Engine = EngineKind.Memory });
        var lease = await client.Node.AcquireLeaseAsync("l", "me", default, TimeSpan.FromMinutes(5));
        var producer = await client.Node.AllocateProducerAsync();
        var load = new AppendLoad(client, "t");
        var isOver = false;
        var running = load.RunAsync(_ => !Volatile.Read(ref isOver));
        for (var restart = 1; restart <= 2; restart++)
        {
            var answered = load.Answered;
            await Eventually.TrueAsync(() => load.Answered > answered + 500, "appends between restarts");
            await _node.KillAsync();
            await _node.StartAsync();
        }
        var answeredAtLast = load.Answered;
        await Eventually.TrueAsync(() => load.Answered > answeredAtLast + 500, "appends after the restarts");
        Volatile.Write(ref isOver, true);
        await running;

        var after = await client.Node.IdentityAsync();
        Assert.Equal((before.NodeId, before.Incarnation + 2), (after.NodeId, after.Incarnation));
        AssertStoredByTheLast(load, after.Epoch, await client.ReadAllAsync("t"));
        Assert.Equal(topic.Id, (await client.Topics.GetAsync(TestNode.Ns, topic.Name)).Topic!.Id);
        Assert.Equal(lease.Lease!.Revision, (await client.Node.GetLeaseAsync("l")).Lease!.Revision);
        Assert.True((await client.Node.AllocateProducerAsync()).ProducerId > producer.ProducerId);
    }

    [Fact]
    public async Task Health_and_metrics_are_on_the_admin_port()
    {
        await using var client = AdaptedNode.NewClient(_node.Address);
        await client.CreateAsync("t");
        Assert.True((await client.AppendAsync("t", TestBatch.Of("a"))).Succeeded);
        using var http = new HttpClient { BaseAddress = _node.Admin };
        Assert.Contains("\"storage:serving\",\"healthy\":true", await http.GetStringAsync("/healthz"));
        Assert.Matches(@"robustmq_storage_records_appended\S* [1-9]", await http.GetStringAsync("/metrics"));
    }

    /// <summary>Every append was acknowledged; those that the present process acknowledged are what it holds, once, in order, where it said.</summary>
    private static void AssertStoredByTheLast(AppendLoad load, Epoch epoch, List<SeenRecord> seen)
    {
        Assert.All(load.Results, result => Assert.Equal(ErrorCode.None, result.Error));
        Assert.Equal(load.Results.Select(result => result.LeaderEpoch), load.Results.Select(result => result.LeaderEpoch).Order());
        var first = load.Results.TakeWhile(result => result.LeaderEpoch != epoch).Count();
        Assert.Equal(Enumerable.Range(first, load.Results.Count - first).SelectMany(AppendLoad.Values), seen.Select(record => record.Value));
        for (var i = first; i < load.Results.Count; i++)
            Assert.Equal(AppendLoad.Values(i).First(), seen[(int)load.Results[i].BaseOffset.Value].Value);
    }
}
