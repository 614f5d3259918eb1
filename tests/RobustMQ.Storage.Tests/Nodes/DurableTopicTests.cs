using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Engines;
using RobustMQ.Storage.Tests.Metadata;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>Topics of the segment engine through the whole library, over restarts and crashes.</summary>
public sealed class DurableTopicTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;
    private readonly KeptMetadata _metadata = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_topic_names_its_engine_and_its_records_are_there_after_a_restart(EngineKind engine)
    {
        await using (var node = await OpenOnDiskAsync())
        {
            var created = await node.Topics.CreateAsync(TestNode.Spec("orders", "orders.>") with { Engine = engine, Partitions = 2 });
            Assert.Equal(Durability.Durable, created.Topic!.Spec.Durability);
            Assert.Equal(0, (await AppendAsync(node, "orders", TestBatch.Of("orders.a", "orders.b"))).BaseOffset.Value);
            Assert.Equal(2, (await AppendAsync(node, "orders", TestBatch.Of("orders.c"))).BaseOffset.Value);
        }
        await using var again = await OpenOnDiskAsync();
        Assert.Equal(["orders.a", "orders.b", "orders.c"], await KeysAsync(again, "orders"));
        Assert.Equal(3, (await AppendAsync(again, "orders", TestBatch.Of("orders.d"))).BaseOffset.Value);
        Assert.True(again.Health.IsReady);
    }

    [Theory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_producer_is_known_after_a_restart_on_disk(EngineKind engine)
    {
        await using (var node = await OpenOnDiskAsync())
        {
            await node.Topics.CreateAsync(TestNode.Spec("orders") with { Engine = engine });
            Assert.True((await AppendAsync(node, "orders", TestBatch.ByProducer(7, 1, 0, "a", "b"))).Succeeded);
        }
        await using var again = await OpenOnDiskAsync();
        var repeated = await AppendAsync(again, "orders", TestBatch.ByProducer(7, 1, 0, "a", "b"));
        Assert.True(repeated is { IsDuplicate: true, BaseOffset.Value: 0 });
        Assert.Equal(2, (await AppendAsync(again, "orders", TestBatch.ByProducer(7, 1, 2, "c"))).BaseOffset.Value);
    }

    [Fact]
    public async Task The_durable_topic_of_a_namespace_exists_from_its_first_use()
    {
        await using (var node = await OpenOnDiskAsync())
        {
            Assert.Equal(EngineKind.RocksDb, (await node.Topics.GetAsync(TestNode.Ns, TopicName.Durable)).Topic!.Spec.Engine);
            Assert.True((await AppendAsync(node, "_durable", TestBatch.Of("a"))).Succeeded);
            Assert.Equal(ErrorCode.Unsupported, await node.Topics.DeleteAsync(TestNode.Ns, TopicName.Durable));
            Assert.Equal(ErrorCode.InvalidArgument, (await node.Topics.CreateAsync(TestNode.Spec("_durable"))).Error);
        }
        await using var again = await OpenOnDiskAsync();
        Assert.Equal(["a"], await KeysAsync(again, "_durable"));
    }

    [Fact]
    public async Task Logs_are_spread_over_directories_and_found_again()
    {
        var options = new StorageOptions
        {
            DataDirectory = Path.Combine(_directory, "data"),
            LogDirectories = [Path.Combine(_directory, "one"), Path.Combine(_directory, "two")],
        };
        await using (var node = await NodeStorage.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance))
        {
            await node.Topics.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment, Partitions = 7 });
            for (var partition = 0; partition < 7; partition++)
                Assert.True((await AppendAsync(node, "orders", TestBatch.Of($"p.{partition}"), partition)).Succeeded);
        }
        // The consumers' journal is one of them.
        Assert.All(options.LogDirectories, static directory => Assert.Equal(4, Directory.GetDirectories(directory).Length));
        await using var again = await NodeStorage.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance);
        for (var partition = 0; partition < 7; partition++)
            Assert.Equal([$"p.{partition}"], await KeysAsync(again, "orders", partition));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_repeated_append_is_known_after_a_restart(bool crashes)
    {
        var disk = new FaultyDisk();
        var test = await OpenAsync(disk);
        await test.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment });
        for (var i = 0; i < 10; i++)
            Assert.Equal(i * 2, (await test.AppendAsync("orders", TestBatch.ByProducer(7, 1, i * 2, "a", "b"))).BaseOffset.Value);
        if (!crashes)
            await test.DisposeAsync();
        await using var again = await OpenAsync(disk.Restart(crashes ? AfterCrash.LosesUnsynced : AfterCrash.KeepsAll, new Random(1)));
        var repeated = await again.AppendAsync("orders", TestBatch.ByProducer(7, 1, 18, "a", "b"));
        Assert.True(repeated.IsDuplicate);
        Assert.Equal(18, repeated.BaseOffset.Value);
        Assert.Equal(ErrorCode.OutOfSequence, (await again.AppendAsync("orders", TestBatch.ByProducer(7, 1, 30, "a"))).Error);
        Assert.Equal(ErrorCode.Fenced, (await again.AppendAsync("orders", TestBatch.ByProducer(7, 0, 0, "a"))).Error);
        Assert.Equal(20, (await again.AppendAsync("orders", TestBatch.ByProducer(7, 1, 20, "c"))).BaseOffset.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_that_was_overtaken_before_a_restart_is_not_called_a_repeat_behind_it(bool crashes)
    {
        var disk = new FaultyDisk();
        var test = await OpenAsync(disk);
        await test.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment });
        for (var i = 10; i < 14; i++)
            Assert.True((await test.AppendAsync("orders", TestBatch.ByProducer(7, 1, i, "a"))).Succeeded);
        if (!crashes)
            await test.DisposeAsync();
        await using var again = await OpenAsync(disk.Restart(crashes ? AfterCrash.LosesUnsynced : AfterCrash.KeepsAll, new Random(1)));
        Assert.Equal(ErrorCode.OutOfSequence, (await again.AppendAsync("orders", TestBatch.ByProducer(7, 1, 9, "a"))).Error);
        Assert.True((await again.AppendAsync("orders", TestBatch.ByProducer(7, 1, 10, "a"))).IsDuplicate);
        Assert.True((await again.AppendAsync("orders", TestBatch.ByProducer(7, 1, 14, "a"))).Succeeded);
    }

    [Fact]
    public async Task A_producer_of_old_records_is_not_forgotten_by_the_first_retention_after_a_crash()
    {
        var disk = new FaultyDisk();
        var test = await OpenAsync(disk);
        await test.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment });
        await test.CreateAsync(TestNode.Spec("short") with { Engine = EngineKind.Segment, Retention = new Retention { MaxAgeMs = 1_000 } });
        // The batch says 1970, as clients may.
        await test.AppendAsync("orders", TestBatch.ByProducer(7, 1, 0, "a"));
        await using var again = await OpenAsync(disk.Restart(AfterCrash.LosesUnsynced, new Random(1)));
        // What the second topic holds goes with each round of retention: two of them, and the first topic has had its own in between.
        for (var round = 0; round < 2; round++)
        {
            await again.AppendAsync("short", TestBatch.Of("short"));
            for (var left = 1L; left > 0; left = (await again.Node.Logs.OffsetsAsync(TestNode.Log("short"))).RecordCount)
            {
                again.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        }

        Assert.True((await again.AppendAsync("orders", TestBatch.ByProducer(7, 1, 0, "a"))).IsDuplicate);
    }

    [Theory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_topics_configuration_changes_under_its_open_logs(EngineKind engine)
    {
        await using var node = await OpenOnDiskAsync();
        var spec = TestNode.Spec("orders") with { Engine = engine };
        Assert.True((await node.Topics.CreateAsync(spec)).Succeeded);
        for (var i = 0; i < 20; i++)
            Assert.True((await AppendAsync(node, "orders", TestBatch.Of("a"))).Succeeded);
        var syncs = node.Stats.LogSyncs;

        var changed = spec with { Retention = new Retention { MaxRecords = 5 }, Durability = Durability.Written, MaxBatchBytes = 300, Partitions = 2 };
        Assert.True((await node.Topics.UpdateAsync(changed)).Succeeded);
        Assert.True((await AppendAsync(node, "orders", TestBatch.Of("b"))).Succeeded);
        Assert.Equal(syncs, node.Stats.LogSyncs);
        Assert.Equal(5, (await node.Logs.OffsetsAsync(TestNode.Log("orders"))).RecordCount);
        Assert.Equal(ErrorCode.TooLarge, (await AppendAsync(node, "orders", TestBatch.OfValues("a", new string('x', 400)))).Error);
        Assert.Equal(0, (await AppendAsync(node, "orders", TestBatch.Of("a"), partition: 1)).BaseOffset.Value);

        Assert.True((await node.Topics.UpdateAsync(changed with { Retention = new Retention(), Durability = Durability.Durable })).Succeeded);
        Assert.True((await AppendAsync(node, "orders", TestBatch.Of("b"))).Succeeded);
        Assert.True(node.Stats.LogSyncs > syncs);
        Assert.Equal(6, (await node.Logs.OffsetsAsync(TestNode.Log("orders"))).RecordCount);
    }

    [Fact]
    public async Task Message_ids_are_known_after_a_restart()
    {
        var disk = new FaultyDisk();
        await using (var test = await OpenAsync(disk))
        {
            await test.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment, DedupWindowMs = 60_000 });
            await test.AppendAsync("orders", TestBatch.Of("a"), new AppendConditions { MessageId = "one" });
        }
        await using var again = await OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Assert.True((await again.AppendAsync("orders", TestBatch.Of("a"), new AppendConditions { MessageId = "one" })).IsDuplicate);
        Assert.False((await again.AppendAsync("orders", TestBatch.Of("a"), new AppendConditions { MessageId = "two" })).IsDuplicate);
    }

    [Fact]
    public async Task A_log_whose_device_refuses_fails_alone_and_health_says_so()
    {
        var disk = new FaultyDisk { SyncsVolume = false };
        await using var test = await OpenAsync(disk);
        await test.CreateAsync(TestNode.Spec("bad") with { Engine = EngineKind.Segment });
        await test.CreateAsync(TestNode.Spec("good") with { Engine = EngineKind.Segment });
        var bad = (await test.Node.Topics.GetAsync(TestNode.Ns, TopicName.Parse("bad"))).Topic!;
        Assert.True((await test.AppendAsync("bad", TestBatch.Of("a"))).Succeeded);
        disk.Fails = (operation, path) => operation == "sync" && path.Contains(bad.Id.ToString("n"), StringComparison.Ordinal);
        Assert.Equal(ErrorCode.UnknownOutcome, (await test.AppendAsync("bad", TestBatch.Of("b"))).Error);
        Assert.Equal(ErrorCode.DiskFailure, (await test.AppendAsync("bad", TestBatch.Of("c"))).Error);
        Assert.True((await test.AppendAsync("good", TestBatch.Of("d"))).Succeeded);
        Assert.False(test.Node.Health.IsReady);
        Assert.False(test.Node.Health.Stages.Single(stage => stage.Name == "logs").IsHealthy);
        disk.Fails = null;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Consumers_see_nothing_behind_a_sync_that_is_not_done(bool succeeds)
    {
        var consumer = new ConsumerRef(TestNode.Ns, "c");
        using var syncMayEnd = new ManualResetEventSlim();
        var syncBegan = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var disk = new FaultyDisk();
        await using var test = await OpenAsync(disk);
        await test.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment });
        var spec = new ConsumerSpec { Consumer = consumer, Bindings = [new ConsumerBinding { Id = 1, Topic = TopicName.Parse("orders") }], AckPolicy = AckPolicy.None };
        Assert.Equal(ErrorCode.None, (await test.Node.Consumers.CreateAsync(spec)).Error);
        disk.BeforeSync = () =>
        {
            syncBegan.TrySetResult();
            syncMayEnd.Wait();
        };
        var durable = test.AppendAsync("orders", TestBatch.Of("a"), durability: Durability.Durable);
        await syncBegan.Task;
        var accepted = test.AppendAsync("orders", TestBatch.Of("b"), durability: Durability.Accepted);
        await Eventually.TrueAsync(async () => (await test.Node.Logs.OffsetsAsync(TestNode.Log("orders"))).End.Value == 2, "both are in the log");

        var isToldEarly = accepted.IsCompleted;
        var seenEarly = await FetchAsync();
        disk.Fails = succeeds ? null : static (operation, _) => operation == "sync";
        syncMayEnd.Set();
        Assert.False(isToldEarly);
        Assert.Empty(seenEarly);

        Assert.Equal(succeeds ? ErrorCode.None : ErrorCode.UnknownOutcome, (await durable).Error);
        Assert.Equal(succeeds ? ErrorCode.None : ErrorCode.UnknownOutcome, (await accepted).Error);
        Assert.Equal(succeeds ? ["a", "b"] : [], await FetchAsync());
        disk.Fails = null;

        async Task<IEnumerable<string?>> FetchAsync()
        {
            using var fetched = await test.Node.Consumers.FetchAsync(new FetchRequest { Consumer = consumer, MaxRecords = 9 });
            Assert.Equal(ErrorCode.None, fetched.Error);
            var keys = new List<string?>();
            foreach (var deliveries in fetched.Deliveries)
            {
                using var reader = new DeliveryReader(deliveries);
                while (reader.MoveNext())
                    keys.Add(Encoding.UTF8.GetString(reader.Current.Key));
            }
            return keys;
        }
    }

    [Fact]
    public async Task A_deleted_topic_leaves_nothing_on_the_disk()
    {
        var disk = new FaultyDisk();
        await using var test = await OpenAsync(disk);
        var before = disk.Root.ListDirectories().Count;
        await test.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment, Partitions = 3 });
        await test.AppendAsync("orders", TestBatch.Of("a"));
        Assert.Equal(before + 4, disk.Root.ListDirectories().Count);
        Assert.Equal(ErrorCode.None, await test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("orders")));
        await Eventually.TrueAsync(() => disk.Root.ListDirectories().Count == before + 1, "the topic's logs are removed");
    }

    private static async Task<AppendResult> AppendAsync(NodeStorage node, string topic, byte[] batch, int partition = 0) =>
        await node.Logs.AppendAsync(new AppendRequest { Log = TestNode.Log(topic, partition), Batch = batch });

    private static async Task<IEnumerable<string?>> KeysAsync(NodeStorage node, string topic, int partition = 0)
    {
        using var read = await node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log(topic, partition), Start = ReadStart.First });
        Assert.Equal(ErrorCode.None, read.Error);
        return TestBatch.Read(read.Batches.Span).Select(record => record.Key);
    }

    private Task<TestNode> OpenAsync(FaultyDisk disk) =>
        TestNode.OpenAsync(metadata: _metadata, more: new SegmentLogEngine([disk.Root], SmallSegments.Options, NullLogger.Instance));

    private Task<NodeStorage> OpenOnDiskAsync() =>
        NodeStorage.OpenAsync(new StorageOptions { DataDirectory = _directory }, TimeProvider.System, NullLoggerFactory.Instance);
}
