using System.Globalization;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Tests.Support;
using RobustMQ.StorageNode.Tests.Contract;

namespace RobustMQ.StorageNode.Tests.Connections;

/// <summary>What is acknowledged is there, once and in order, whatever happens to the connection meanwhile.</summary>
public sealed class ReconnectTests
{
    private static readonly TopicPartition Log = new(Namespace.Default, TopicName.Parse("log"), 0);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Connections_cut_under_appends_lose_and_repeat_nothing(int seed)
    {
        await using var served = await ServedNode.StartAsync();
        using var proxy = new CuttingProxy(served.Address);
        await CreateLogAsync(served);
        var random = new Random(seed);

        var acknowledged = await AppendWhileAsync(served.Connect(proxy.Address), 3_000, async step =>
        {
            if (step % 500 == 250)
            {
                await Eventually.TrueAsync(() => proxy.Connections > 0, "a connection to cut");
                for (var wait = random.Next(50); wait > 0; wait--)
                    await Task.Yield();
                proxy.Cut();
            }
        });

        Assert.True(proxy.Connections > 3, $"{proxy.Connections} connections");
        await AssertStoredAsync(served, acknowledged);
    }

    [Fact]
    public async Task A_server_that_drains_and_comes_back_loses_and_repeats_nothing()
    {
        await using var served = await ServedNode.StartAsync();
        await CreateLogAsync(served);

        var acknowledged = await AppendWhileAsync(served.Connect(), 3_000, async step =>
        {
            if (step is 1_000 or 2_000)
                await served.RestartServerAsync();
        });

        await AssertStoredAsync(served, acknowledged);
    }

    [Fact]
    public async Task A_feed_comes_back_with_its_interest()
    {
        await using var served = await ServedNode.StartAsync();
        using var proxy = new CuttingProxy(served.Address);
        var receiver = new RecordingReceiver();
        await using var feed = served.Connect(proxy.Address).Logs.Subscribe("gateway", receiver);
        feed.SetInterest(Namespace.Default, SubjectFilter.Parse("a.>"), null, 1);
        await feed.SyncAsync().WaitAsync(TimeSpan.FromSeconds(20));

        proxy.Cut();
        await Eventually.TrueAsync(() => receiver.Connections == 2, "the reconnect");
        await feed.SyncAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await served.Node.Logs.AppendAsync(new AppendRequest
        {
            Log = new TopicPartition(Namespace.Default, TopicName.Live, 0),
            Batch = TestBatch.Of("a.b"),
        });

        await Eventually.TrueAsync(() => receiver.Records is ["a.b"], "delivery after the reconnect");
    }

    [Fact]
    public async Task A_topic_watch_begins_again_after_a_cut()
    {
        await using var served = await ServedNode.StartAsync();
        using var proxy = new CuttingProxy(served.Address);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var watch = served.Connect(proxy.Address).Topics.WatchAsync(null, includeInternal: false, limit.Token).GetAsyncEnumerator();
        await ReadUntilAsync(watch, TopicEventKind.CaughtUp);
        proxy.Cut();
        await CreateLogAsync(served);

        var change = await ReadUntilAsync(watch, TopicEventKind.Put);

        Assert.Equal("log", change.Topic!.Spec.Name.Value);
    }

    [Fact]
    public async Task A_window_smaller_than_a_batch_still_lets_one_through_at_a_time()
    {
        await using var served = await ServedNode.StartAsync(appendWindowBytes: 64);
        await CreateLogAsync(served);
        var acknowledged = await AppendWhileAsync(served.Connect(), 300, static _ => Task.CompletedTask);
        await AssertStoredAsync(served, acknowledged);
    }

    private static async Task<TopicEvent> ReadUntilAsync(IAsyncEnumerator<TopicEvent> watch, TopicEventKind kind)
    {
        while (await watch.MoveNextAsync())
        {
            if (watch.Current.Kind == kind)
                return watch.Current;
        }
        throw new InvalidOperationException("the watch ended");
    }

    private static async Task CreateLogAsync(ServedNode served)
    {
        var created = await served.Node.Topics.CreateAsync(new TopicSpec { Name = Log.Topic, Engine = EngineKind.Memory });
        Assert.True(created.Succeeded, created.Message);
    }

    /// <summary>Appends numbered records, up to 64 unanswered at a time, with something happening before each.</summary>
    /// <returns>Number of each acknowledged record, with the offset that was told.</returns>
    private static async Task<Dictionary<int, long>> AppendWhileAsync(GrpcStorageClient client, int count, Func<int, Task> before)
    {
        using var window = new SemaphoreSlim(64);
        var acknowledged = new Dictionary<int, long>();
        var failures = new List<string>();
        var running = new List<Task>();
        for (var step = 0; step < count; step++)
        {
            await before(step);
            Assert.True(await window.WaitAsync(TimeSpan.FromSeconds(60)), $"append {step} found no room");
            running.Add(AppendAsync(step));
        }
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(failures);
        return acknowledged;

        async Task AppendAsync(int number)
        {
            var result = await client.Logs.AppendAsync(
                new AppendRequest { Log = Log, Batch = TestBatch.OfValues("log", number.ToString(CultureInfo.InvariantCulture)) });
            lock (acknowledged)
            {
                if (result.Error == ErrorCode.None)
                    acknowledged.Add(number, result.BaseOffset.Value);
                else
                    failures.Add($"{number}: {result.Error}");
            }
            window.Release();
        }
    }

    private static async Task AssertStoredAsync(ServedNode served, Dictionary<int, long> acknowledged)
    {
        var seen = new List<SeenRecord>();
        var next = Offset.Zero;
        while (true)
        {
            using var read = await served.Node.Logs.ReadAsync(new ReadRequest { Log = Log, Offset = next });
            Assert.Equal(ErrorCode.None, read.Error);
            if (read.NextOffset == next)
                break;
            seen.AddRange(TestBatch.Read(read.Batches.Span));
            next = read.NextOffset;
        }
        Assert.Equal(acknowledged.OrderBy(entry => entry.Value).Select(entry => entry.Key), seen.Select(record => int.Parse(record.Value, CultureInfo.InvariantCulture)));
        // In the order they were given to the client.
        Assert.Equal(acknowledged.Keys.Order(), seen.Select(record => int.Parse(record.Value, CultureInfo.InvariantCulture)));
    }
}
