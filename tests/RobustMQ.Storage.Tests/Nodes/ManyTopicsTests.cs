using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>Topics of the rocksdb engine that come and go: cheap while they rest, nothing left of them afterwards.</summary>
public sealed class ManyTopicsTests
{
    private const int Count = 400;

    [Fact]
    public async Task Appends_and_reads_beside_logs_that_are_closed_lose_nothing()
    {
        await using var test = await DiskNode.OpenAsync(new StorageOptions { IdleLogTicks = 1, OpenLogsMax = 1 });
        for (var i = 0; i < 4; i++)
            await test.CreateAsync($"_box.{i}", EngineKind.RocksDb);
        using var done = new CancellationTokenSource();
        var clock = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                test.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(box => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                Assert.Equal(i, (await test.AppendAsync($"_box.{box}", DiskNode.Record($"_box.{box}.a", $"{i}"))).BaseOffset.Value);
                using var read = await test.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log($"_box.{box}"), Offset = new Offset(i), MaxWait = TimeSpan.FromSeconds(1) });
                Assert.Equal(ErrorCode.None, read.Error);
                Assert.Equal($"{i}", Assert.Single(TestBatch.Read(read.Batches.Span)).Value);
            }
        })));
        await done.CancelAsync();
        await clock;
    }

    [Fact]
    public async Task Nothing_is_left_of_topics_that_came_and_went()
    {
        await using var test = await DiskNode.OpenAsync();
        for (var i = 0; i < Count; i++)
            await test.CreateAsync($"_box.{i}", EngineKind.RocksDb, i % 2 == 0 ? spec => spec with { TtlMs = 5_000 } : null);
        for (var i = 0; i < Count; i++)
            await test.AppendAsync($"_box.{i}", DiskNode.Record($"_box.{i}.a", "x", priority: i % 3, expiresAtMs: test.Time.NowMs + 1_000_000));
        for (var i = 1; i < Count; i += 2)
            Assert.Equal(ErrorCode.None, await test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse($"_box.{i}")));
        test.Time.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => test.Node.Topics.Count == 2, "only _live and _durable are left");
        await Eventually.TrueAsync(() => test.Node.Topics.RemovalsUnderWay == 0, "nothing is left to remove");
        await test.Node.DisposeAsync();

        await using (var engine = new RocksDbLogEngine(Path.Combine(test.Directory, "logs")))
        {
            Assert.Empty(engine.List());
            var due = new List<LogId>();
            engine.FindDue(long.MaxValue, Count, due);
            Assert.Empty(due);
        }
        await test.StartAgainAsync();
        Assert.Equal(2, test.Node.Topics.Count);
    }
}
