using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Engines;
using RobustMQ.Storage.Tests.Metadata;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Nodes;

public sealed class NodeStorageTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Topics_leases_producers_and_identity_survive_a_restart_on_disk()
    {
        string nodeId;
        long topicRevision;
        await using (var node = await OpenOnDiskAsync())
        {
            nodeId = node.Identity.NodeId;
            Assert.Equal(1, node.Identity.Incarnation);
            var spec = TestNode.Spec("orders", "orders.>", "a.*.b") with
            {
                Partitions = 3,
                DedupWindowMs = 7,
                Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "ä" },
            };
            topicRevision = (await node.Topics.CreateAsync(spec)).Topic!.Revision;
            await node.Topics.CreateAsync(TestNode.Spec("gone"));
            await node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("gone"));
            await node.Leases.AcquireAsync("l", "me", new byte[] { 1, 2 }, TimeSpan.FromMinutes(1));
            Assert.Equal(1, (await node.Producers.AllocateAsync()).ProducerId);
            Assert.Equal(1, (await node.Producers.AllocateAsync(1)).Epoch);
        }

        await using var again = await OpenOnDiskAsync();
        Assert.Equal(nodeId, again.Identity.NodeId);
        Assert.Equal(2, again.Identity.Incarnation);
        Assert.Equal(new Epoch(2), again.Identity.Epoch);
        var topic = (await again.Topics.GetAsync(TestNode.Ns, TopicName.Parse("orders"))).Topic!;
        Assert.Equal((topicRevision, 3, 7L), (topic.Revision, topic.Spec.Partitions, topic.Spec.DedupWindowMs));
        Assert.Equal(["orders.>", "a.*.b"], topic.Spec.Filters.Select(filter => filter.Value));
        Assert.Equal("ä", topic.Spec.Labels["a"]);
        Assert.Equal(ErrorCode.NotFound, (await again.Topics.GetAsync(TestNode.Ns, TopicName.Parse("gone"))).Error);
        Assert.Equal(ErrorCode.FilterOverlap, (await again.Topics.CreateAsync(TestNode.Spec("x", "orders.new"))).Error);
        Assert.Equal([1, 2], (await again.Leases.GetAsync("l")).Lease!.Value.ToArray());
        Assert.Equal(2, (await again.Producers.AllocateAsync(1)).Epoch);
        Assert.Equal(2, (await again.Producers.AllocateAsync()).ProducerId);
        Assert.Equal(ErrorCode.NotFound, (await again.Producers.AllocateAsync(99)).Error);
    }

    [Fact]
    public async Task A_directory_in_use_is_refused()
    {
        await using var node = await OpenOnDiskAsync();
        var refusal = await Assert.ThrowsAsync<StorageException>(OpenOnDiskAsync);
        Assert.Equal(ErrorCode.DiskFailure, refusal.Code);
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_refused_and_stays_as_it_is()
    {
        var metadata = new KeptMetadata();
        await using (await TestNode.OpenAsync(metadata: metadata))
        {
        }
        metadata.Put(MetadataKeys.Format, new MetadataWriter(2).Text("RobustMQ").Seal(MetadataKeys.Format));
        var commits = metadata.Commits;
        var refusal = await Assert.ThrowsAsync<StorageException>(() => TestNode.OpenAsync(metadata: metadata));
        Assert.Equal(ErrorCode.Unsupported, refusal.Code);
        Assert.Equal(commits, metadata.Commits);
    }

    [Fact]
    public async Task Every_flipped_bit_of_every_value_is_noticed()
    {
        var metadata = new KeptMetadata();
        await using (var node = await TestNode.OpenAsync(metadata: metadata))
        {
            await node.CreateAsync("orders", "orders.>");
            await node.Node.Leases.AcquireAsync("l", "me", new byte[] { 1 }, TimeSpan.FromMinutes(1));
            await node.Node.Producers.AllocateAsync((await node.Node.Producers.AllocateAsync()).ProducerId);
        }
        foreach (var (key, value) in metadata.Scan([]).ToList())
        {
            for (var bit = 0; bit < value.Length * 8; bit++)
            {
                var damaged = value.ToArray();
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                metadata.Put(key, damaged);
                await Assert.ThrowsAsync<StorageException>(() => TestNode.OpenAsync(metadata: metadata));
            }
            metadata.Put(key, value);
        }
        await using var whole = await TestNode.OpenAsync(metadata: metadata);
        Assert.True(whole.Node.Health.IsReady);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Metadata_that_cannot_be_written_fails_changes_and_health_but_not_logs_and_goes_on_when_it_can(bool isUsedAgain)
    {
        var metadata = new KeptMetadata();
        await using var node = await TestNode.OpenAsync(metadata: metadata, more: new PersistentMemoryEngine());
        await node.CreateAsync("t");
        await node.CreateAsync(TestNode.Spec("p") with { Engine = EngineKind.Segment });
        Assert.True(node.Node.Health.IsReady);
        Assert.Equal(["identity", "metadata", "topics", "logs", "consumers", "serving"], node.Node.Health.Stages.Select(stage => stage.Name));
        metadata.Fails = true;
        Assert.Equal(ErrorCode.UnknownOutcome, (await node.Node.Topics.CreateAsync(TestNode.Spec("u"))).Error);
        Assert.Equal(ErrorCode.DiskFailure, (await node.Node.Topics.CreateAsync(TestNode.Spec("v"))).Error);
        Assert.Equal(ErrorCode.DiskFailure, (await node.Node.Leases.AcquireAsync("l", "me", default, TimeSpan.FromSeconds(1))).Error);
        Assert.False(node.Node.Health.IsReady);
        Assert.False(node.Node.Health.Stages.Single(stage => stage.Name == "metadata").IsHealthy);
        Assert.True((await node.AppendAsync("t", TestBatch.Of("t"))).Succeeded);
        Assert.True((await node.AppendAsync("p", TestBatch.Of("p"))).Succeeded);
        // Nobody sees what is not on the disk.
        Assert.Equal(ErrorCode.NotFound, (await node.Node.Topics.GetAsync(TestNode.Ns, TopicName.Parse("u"))).Error);

        metadata.Fails = false;
        if (isUsedAgain)
            Assert.True((await node.AppendAsync("p", TestBatch.Of("q"))).Succeeded);
        else
            node.Time.Advance(new StorageOptions().RetentionInterval);
        // What was held back is written with the next round, whatever it is for, and seen.
        await Eventually.TrueAsync(async () => (await node.Node.Topics.GetAsync(TestNode.Ns, TopicName.Parse("u"))).Succeeded, "the topic is there");
        Assert.Equal(ErrorCode.AlreadyExists, (await node.Node.Topics.CreateAsync(TestNode.Spec("u"))).Error);
        await node.CreateAsync("v");
        Assert.True(node.Node.Health.IsReady);
    }

    [Fact]
    public async Task A_topic_whose_logs_cannot_be_opened_is_not_created()
    {
        var disk = new FaultyDisk();
        await using var node = await TestNode.OpenAsync(more: new SegmentLogEngine([disk.Root], SmallSegments.Options, NullLogger.Instance));
        disk.Fails = (operation, _) => operation == "create";
        var spec = TestNode.Spec("t") with { Engine = EngineKind.Segment };
        Assert.Equal(ErrorCode.DiskFailure, (await node.Node.Topics.CreateAsync(spec)).Error);
        disk.Fails = null;
        // The creation is taken back behind its answer.
        while ((await node.Node.Topics.CreateAsync(spec)).Error == ErrorCode.AlreadyExists)
            await Task.Yield();
        Assert.True((await node.AppendAsync("t", TestBatch.Of("a"))).Succeeded);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_at_the_start_is_opened_when_its_disk_goes_on()
    {
        var (disk, metadata) = (new FaultyDisk(), new KeptMetadata());
        await using (var node = await OpenAsync())
        {
            await node.CreateAsync(TestNode.Spec("bad") with { Engine = EngineKind.Segment });
            await node.CreateAsync(TestNode.Spec("good") with { Engine = EngineKind.Segment });
            Assert.True((await node.AppendAsync("bad", TestBatch.Of("a"))).Succeeded);
            Assert.True((await node.AppendAsync("good", TestBatch.Of("a"))).Succeeded);
            var bad = (await node.Node.Topics.GetAsync(TestNode.Ns, TopicName.Parse("bad"))).Topic!.Id.ToString("n");
            disk.Fails = (operation, path) => operation == "read" && path.Contains(bad, StringComparison.Ordinal);
        }
        await using var again = await OpenAsync();
        Assert.Equal(ErrorCode.DiskFailure, (await again.AppendAsync("bad", TestBatch.Of("b"))).Error);
        Assert.True((await again.AppendAsync("good", TestBatch.Of("b"))).Succeeded);
        Assert.False(again.Node.Health.IsReady);

        disk.Fails = null;
        again.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await again.AppendAsync("bad", TestBatch.Of("b"))).BaseOffset.Value);
        Assert.True(again.Node.Health.IsReady);

        Task<TestNode> OpenAsync() => TestNode.OpenAsync(metadata: metadata, more: new SegmentLogEngine([disk.Root], SmallSegments.Options, NullLogger.Instance));
    }

    [Fact]
    public async Task Statistics_and_meters_count_what_happens()
    {
        await using var node = await TestNode.OpenAsync();
        // As old as the clock says, so that the retention which passes with the clock keeps it.
        var batch = TestBatch.At(node.Time.GetUtcNow().ToUnixTimeMilliseconds(), "a", "b", "c");
        await node.AppendAsync("_live", batch);
        await node.ReadAsync("_live");
        node.Time.Advance(TimeSpan.FromSeconds(3));
        var stats = node.Node.Stats;
        Assert.Equal((3, batch.Length, 1, 3, batch.Length), (stats.RecordsAppended, stats.BytesAppended, stats.BatchesAppended, stats.RecordsRead, stats.BytesRead));
        Assert.Equal((1, 1, batch.Length, TimeSpan.FromSeconds(3)), (stats.Topics, stats.Logs, stats.LogBytes, stats.Uptime));

        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == NodeStorage.MeterName)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            lock (measured)
                measured[instrument.Name] = Math.Max(value, measured.GetValueOrDefault(instrument.Name));
        });
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.True(measured["records.appended"] >= 3);
        Assert.True(measured["topics"] >= 1);
    }

    private Task<NodeStorage> OpenOnDiskAsync() =>
        NodeStorage.OpenAsync(new StorageOptions { DataDirectory = _directory }, TimeProvider.System, NullLoggerFactory.Instance);
}
