using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Reconnect;

/// <summary>What is acknowledged is stored once and in order, whatever becomes of the connection.</summary>
public sealed class LostConnectionTests : IAsyncLifetime
{
    private TestNode _node = null!;
    private readonly ReservedPort _port = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.OpenAsync(more: new PersistentMemoryEngine());
        _server = await TestServer.StartAsync(_node.Node, _port.Number);
        await _node.CreateAsync("memory");
        await _node.CreateAsync(TestNode.Spec("stored") with { Engine = EngineKind.Segment, Durability = Durability.Durable });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _node.DisposeAsync();
        _port.Dispose();
    }

    [Theory]
    [InlineData(1, 2_000)]
    [InlineData(2, 20_000)]
    [InlineData(3, 200_000)]
    public async Task Connections_that_are_cut_at_any_byte_lose_and_repeat_nothing(int seed, int bytesMax)
    {
        await using var proxy = new CuttingProxy(_server.Port, bytesMax, seed);
        await using var client = AdaptedNode.NewClient(proxy.Address, static given => given with { FailFastAfter = Limits.Deadline });
        var memory = new AppendLoad(client, "memory");
        var stored = new AppendLoad(client, "stored");
        bool GoOn(int append) => append < 20_000 && proxy.Cut < 25;
        var running = Task.WhenAll(memory.RunAsync(GoOn), stored.RunAsync(GoOn));
        await Eventually.TrueAsync(() => proxy.Cut >= 25 || running.IsCompleted, "cuts");
        proxy.LeaveAlone();
        await running;
        Assert.True(proxy.Cut > 5, $"{proxy.Cut} cuts");
        memory.AssertStored(await _node.ReadAsync("memory"));
        stored.AssertStored(await _node.ReadAsync("stored"));
    }

    [Fact]
    public async Task A_server_that_is_killed_and_comes_back_loses_and_repeats_nothing()
    {
        await using var client = AdaptedNode.NewClient(_server.Address, static given => given with { FailFastAfter = Limits.Deadline });
        var load = new AppendLoad(client, "stored");
        var isOver = false;
        var running = load.RunAsync(_ => !Volatile.Read(ref isOver));
        for (var restart = 1; restart <= 4; restart++)
        {
            await Eventually.TrueAsync(() => load.Answered > restart * 200, "appends between restarts");
            await (restart % 2 == 0 ? _server.DrainAsync() : _server.KillAsync());
            _server = await TestServer.StartAsync(_node.Node, _port.Number);
        }
        Volatile.Write(ref isOver, true);
        await running;
        load.AssertStored(await _node.ReadAsync("stored"));
    }

    [Fact]
    public async Task A_feed_and_a_watch_come_back_by_themselves()
    {
        await using var client = AdaptedNode.NewClient(_server.Address);
        var receiver = new RecordingReceiver();
        await using var feed = client.Logs.Subscribe("test", receiver);
        feed.SetInterest(TestNode.Ns, SubjectFilter.Parse("a"), null, 1);
        await feed.SyncAsync().WaitAsync(Limits.Deadline);
        await using var watch = client.Topics.WatchAsync(TestNode.Ns, false).GetAsyncEnumerator();
        await ReadToAsync(watch, TopicEventKind.CaughtUp);
        await using var leases = client.Node.WatchLeasesAsync("l/").GetAsyncEnumerator();
        await leases.NextAsync();

        await _server.KillAsync();
        feed.SetInterest(TestNode.Ns, SubjectFilter.Parse("b"), null, 1);
        await _node.CreateAsync("meanwhile");
        _server = await TestServer.StartAsync(_node.Node, _port.Number);

        await feed.SyncAsync().WaitAsync(Limits.Deadline);
        Assert.Equal((2, 1), (receiver.Connections, receiver.Disconnections));
        await _node.AppendAsync("_live", TestBatch.Of("a", "b", "c"));
        await Eventually.TrueAsync(() => receiver.Records is ["0:a", "1:b"], "both filters after the reconnect");
        Assert.Equal(TopicEventKind.Reset, (await watch.NextAsync()).Kind);
        Assert.Contains("meanwhile", await ReadToAsync(watch, TopicEventKind.CaughtUp));
        Assert.Equal(Records.Nodes.LeaseEventKind.CaughtUp, (await leases.NextAsync()).Kind);
    }

    [Fact]
    public async Task Appends_that_get_no_answer_in_time_have_an_unknown_outcome_and_later_ones_are_stored()
    {
        await using var proxy = new CuttingProxy(_server.Port, int.MaxValue, seed: 1);
        proxy.LeaveAlone();
        await using var client = AdaptedNode.NewClient(proxy.Address, static given => given with { RetryTime = TimeSpan.FromSeconds(3) });
        await AppendUntilStoredAsync(client, "before");
        proxy.Hold();
        Assert.Equal(ErrorCode.UnknownOutcome, (await client.AppendAsync("stored", TestBatch.OfValues("k", "lost"))).Error);
        proxy.Release();
        await AppendUntilStoredAsync(client, "after");
        var seen = (await _node.ReadAsync("stored")).Select(record => record.Value).ToList();
        Assert.Equal("before", seen[0]);
        Assert.Equal("after", seen[^1]);
        Assert.InRange(seen.Count(value => value == "lost"), 0, 1);
    }

    [Fact]
    public async Task A_client_that_is_closed_while_its_node_says_nothing_ends_its_calls_and_does_not_wait_for_answers()
    {
        await using var proxy = new CuttingProxy(_server.Port, int.MaxValue, seed: 1);
        proxy.LeaveAlone();
        // More than the deadline of this test: nothing else ends the calls.
        await using var client = AdaptedNode.NewClient(proxy.Address, static given => given with { CallTimeout = TimeSpan.FromMinutes(10), RetryTime = TimeSpan.FromMinutes(10) });
        await AppendUntilStoredAsync(client, "before");
        proxy.Hold();
        var query = client.Topics.GetAsync(TestNode.Ns, TopicName.Parse("stored")).AsTask();
        var change = client.Topics.CreateAsync(TestNode.Spec("new")).AsTask();

        // Pipelines give up waiting for their calls after half a minute.
        await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(ErrorCode.Unavailable, (await query.WaitAsync(Limits.Deadline)).Error);
        Assert.Equal(ErrorCode.UnknownOutcome, (await change.WaitAsync(Limits.Deadline)).Error);
        proxy.Release();
    }

    [Fact]
    public async Task Without_a_node_calls_fail_at_once_after_a_while_and_work_again_when_there_is_one()
    {
        await using var client = AdaptedNode.NewClient(_server.Address, given => given with { FailFastAfter = TimeSpan.FromMilliseconds(200) });
        await client.WhenConnectedAsync().WaitAsync(Limits.Deadline);
        await _server.KillAsync();
        // Answered once the client has noticed: what it sends before that may be stored for all it knows.
        Assert.False((await client.Node.HealthAsync()).IsReady);
        var append = await client.AppendAsync("stored", TestBatch.OfValues("k", "1"));
        Assert.Equal(ErrorCode.Unavailable, append.Error);
        Assert.Equal(ErrorCode.Unavailable, (await client.Topics.GetAsync(TestNode.Ns, TopicName.Parse("stored"))).Error);
        _server = await TestServer.StartAsync(_node.Node, _port.Number);
        await client.WhenConnectedAsync().WaitAsync(Limits.Deadline);
        Assert.True((await client.AppendAsync("stored", TestBatch.OfValues("k", "2"))).Succeeded);
        Assert.True((await client.Node.HealthAsync()).IsReady);
        Assert.Equal(["2"], (await _node.ReadAsync("stored")).Select(record => record.Value));
    }

    [Fact]
    public async Task Reads_of_many_logs_go_on_when_the_node_comes_back()
    {
        await using var client = AdaptedNode.NewClient(_server.Address, static given => given with { FailFastAfter = Limits.Deadline });
        for (var restart = 0; restart < 2; restart++)
        {
            var request = new ReadManyRequest { Logs = [new(TestNode.Log("memory"), new Offset(restart), 1000), new(TestNode.Log("stored"), new Offset(restart), 1000)], MaxWait = TimeSpan.FromMinutes(1) };
            // Some wait at the node, some streams lie idle when it goes.
            using (var idle = await client.Logs.ReadManyAsync(request with { MaxWait = TimeSpan.Zero }))
                Assert.All(idle.Logs, static log => Assert.Equal(ErrorCode.None, log.Error));
            var reading = client.Logs.ReadManyAsync(request).AsTask();
            var port = _server.Port;
            await (restart % 2 == 0 ? _server.DrainAsync() : _server.KillAsync());
            _server = await TestServer.StartAsync(_node.Node, port);
            await _node.AppendAsync("memory", TestBatch.OfValues("k", "0"));
            await _node.AppendAsync("stored", TestBatch.OfValues("k", "1"));
            using var read = await reading.WaitAsync(Limits.Deadline);
            Assert.All(read.Logs, static log => Assert.Equal(ErrorCode.None, log.Error));
            Assert.Contains(read.Logs, static log => log.Batches.Length > 0);
        }
    }

    private static async Task AppendUntilStoredAsync(GrpcStorageClient client, string value)
    {
        using var limit = new CancellationTokenSource(Limits.Deadline);
        while (!(await client.AppendAsync("stored", TestBatch.OfValues("k", value))).Succeeded)
            limit.Token.ThrowIfCancellationRequested();
    }

    private static async Task<List<string?>> ReadToAsync(IAsyncEnumerator<TopicEvent> watch, TopicEventKind kind)
    {
        var names = new List<string?>();
        while (true)
        {
            var change = await watch.NextAsync();
            if (change.Kind == kind)
                return names;
            names.Add(change.Topic?.Name.Value);
        }
    }
}
