using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

public sealed class AppendTests : IAsyncLifetime
{
    private TestNode _test = null!;

    public async Task InitializeAsync()
    {
        _test = await TestNode.OpenAsync(more: new PersistentMemoryEngine());
        await _test.CreateAsync(TestNode.Spec("t", "t.>") with { DedupWindowMs = 1_000, MaxBatchBytes = 1_000 });
        await _test.CreateAsync(TestNode.Spec("p", "p.>") with { DedupWindowMs = 1_000, Engine = EngineKind.Segment });
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task An_append_is_answered_with_offset_start_and_epoch()
    {
        var first = await _test.AppendAsync("t", TestBatch.Of("t.a", "t.b"));
        Assert.Equal(new AppendResult { BaseOffset = Offset.Zero, LogStartOffset = Offset.Zero, LeaderEpoch = _test.Node.Identity.Epoch }, first);
        Assert.Equal(new Offset(2), (await _test.AppendAsync("t", TestBatch.Of("t.c"))).BaseOffset);
    }

    [Fact]
    public async Task The_first_append_to_live_brings_its_namespace_into_being()
    {
        var ns = Namespace.Parse("fresh");
        var appends = Enumerable.Range(0, 20).Select(_ => _test.Node.Logs.AppendAsync(
            new AppendRequest { Log = new TopicPartition(ns, TopicName.Live, 0), Batch = TestBatch.Of("a") }).AsTask());
        var results = await Task.WhenAll(appends);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), results.Select(result => result.BaseOffset.Value));
    }

    /// <summary>Some are there before the log is, some while it comes, some after; none overtakes another.</summary>
    [Fact]
    public async Task Appends_keep_their_order_while_their_log_comes_into_being()
    {
        await using var disk = await DiskNode.OpenAsync();
        for (var round = 0; round < 10; round++)
        {
            var log = new TopicPartition(Namespace.Parse($"fresh{round}"), TopicName.Live, 0);
            var appends = new List<Task<AppendResult>>();
            do
                appends.Add(disk.Node.Logs.AppendAsync(new AppendRequest { Log = log, Batch = TestBatch.Of("a") }).AsTask());
            while (!appends[0].IsCompleted || appends.Count % 100 != 0);
            var results = await Task.WhenAll(appends);
            Assert.Equal(Enumerable.Range(0, appends.Count).Select(i => (long)i), results.Select(result => result.BaseOffset.Value));
        }
    }

    [Fact]
    public async Task Batches_that_cannot_be_right_are_refused()
    {
        var corrupt = TestBatch.Of("t.a");
        corrupt[^1] ^= 1;
        Assert.Equal(ErrorCode.CorruptBatch, (await _test.AppendAsync("t", corrupt)).Error);
        var malformed = TestBatch.Of("t.a");
        malformed[RecordBatchHeader.Size] = 100;
        RecordBatchHeader.Seal(malformed);
        Assert.Equal(ErrorCode.CorruptBatch, (await _test.AppendAsync("t", malformed)).Error);
        Assert.Equal(ErrorCode.CorruptBatch, (await _test.AppendAsync("t", [])).Error);
        Assert.Equal(ErrorCode.TooLarge, (await _test.AppendAsync("t", TestBatch.Of(new string('x', 1_000)))).Error);
        Assert.Equal(ErrorCode.NotFound, (await _test.AppendAsync("absent", TestBatch.Of("x"))).Error);
        Assert.Empty(await _test.ReadAsync("t"));
    }

    [Fact]
    public async Task A_level_that_the_engine_cannot_give_is_refused_and_the_topics_own_is_not()
    {
        Assert.Equal(ErrorCode.Unsupported, (await _test.AppendAsync("t", TestBatch.Of("t.a"), durability: Durability.Durable)).Error);
        Assert.True((await _test.AppendAsync("t", TestBatch.Of("t.a"), durability: Durability.TopicDefault)).Succeeded);
        Assert.True((await _test.AppendAsync("p", TestBatch.Of("p.a"), durability: Durability.Durable)).Succeeded);
    }

    [Theory]
    [InlineData("t")]
    [InlineData("p")]
    public async Task The_expected_last_offset_must_hold(string topic)
    {
        Assert.True((await _test.AppendAsync(topic, TestBatch.Of("t.a"), new AppendConditions { ExpectedLastOffset = Offset.None })).Succeeded);
        Assert.Equal(ErrorCode.OffsetMismatch, (await _test.AppendAsync(topic, TestBatch.Of("t.a"), new AppendConditions { ExpectedLastOffset = Offset.None })).Error);
        Assert.True((await _test.AppendAsync(topic, TestBatch.Of("t.b"), new AppendConditions { ExpectedLastOffset = Offset.Zero })).Succeeded);
        Assert.Equal(2, (await _test.ReadAsync(topic)).Count);
    }

    [Theory]
    [InlineData("t")]
    [InlineData("p")]
    public async Task The_expected_last_offset_of_the_key_must_hold(string topic)
    {
        await _test.AppendAsync(topic, TestBatch.Of("t.a", "t.b"));
        var ofA = new AppendConditions { ExpectedLastOffsetForKey = Offset.Zero };
        Assert.Equal(ErrorCode.OffsetMismatch, (await _test.AppendAsync(topic, TestBatch.Of("t.b"), ofA)).Error);
        Assert.True((await _test.AppendAsync(topic, TestBatch.Of("t.a"), ofA)).Succeeded);
        Assert.Equal(ErrorCode.OffsetMismatch, (await _test.AppendAsync(topic, TestBatch.Of("t.a"), ofA)).Error);
        Assert.True((await _test.AppendAsync(topic, TestBatch.Of("t.new"), new AppendConditions { ExpectedLastOffsetForKey = Offset.None })).Succeeded);
    }

    [Fact]
    public async Task Of_many_conditional_appends_one_wins()
    {
        var only = new AppendConditions { ExpectedLastOffset = Offset.None };
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => _test.AppendAsync("t", TestBatch.Of("t.a"), only))));
        Assert.Single(results, result => result.Succeeded);
        Assert.Equal(49, results.Count(result => result.Error == ErrorCode.OffsetMismatch));
    }

    [Theory]
    [InlineData("t")]
    [InlineData("p")]
    public async Task A_message_id_within_the_window_is_stored_once(string topic)
    {
        var condition = new AppendConditions { MessageId = "m1" };
        await _test.AppendAsync(topic, TestBatch.Of("t.0"));
        Assert.False((await _test.AppendAsync(topic, TestBatch.Of("t.a"), condition)).IsDuplicate);
        var repeat = await _test.AppendAsync(topic, TestBatch.Of("t.a"), condition);
        Assert.True(repeat.Succeeded && repeat.IsDuplicate);
        Assert.Equal(new Offset(1), repeat.BaseOffset);
        _test.Time.Advance(TimeSpan.FromMilliseconds(1_001));
        Assert.False((await _test.AppendAsync(topic, TestBatch.Of("t.a"), condition)).IsDuplicate);
        Assert.Equal(3, (await _test.ReadAsync(topic)).Count);
    }

    [Theory]
    [InlineData("t")]
    [InlineData("p")]
    public async Task Idempotent_producers_are_stored_once_in_sequence_and_fenced_by_epoch(string topic)
    {
        Assert.Equal(new Offset(0), (await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 0, "t.a", "t.b"))).BaseOffset);
        Assert.Equal(new Offset(2), (await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 2, "t.c"))).BaseOffset);
        var repeat = await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 0, "t.a", "t.b"));
        Assert.True(repeat.Succeeded && repeat.IsDuplicate);
        Assert.Equal(new Offset(0), repeat.BaseOffset);
        Assert.Equal(ErrorCode.OutOfSequence, (await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 4, "t.d"))).Error);
        Assert.True((await _test.AppendAsync(topic, TestBatch.ByProducer(6, 0, 0, "t.x"))).Succeeded);
        Assert.Equal(ErrorCode.OutOfSequence, (await _test.AppendAsync(topic, TestBatch.ByProducer(5, 1, 3, "t.d"))).Error);
        Assert.True((await _test.AppendAsync(topic, TestBatch.ByProducer(5, 1, 0, "t.d"))).Succeeded);
        Assert.Equal(ErrorCode.Fenced, (await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 3, "t.d"))).Error);
        Assert.Equal(5, (await _test.ReadAsync(topic)).Count);
    }

    [Theory]
    [InlineData("t")]
    [InlineData("p")]
    public async Task A_batch_that_others_of_its_producer_overtook_is_not_called_a_repeat(string topic)
    {
        // The first one was refused on its way, and the log knew nothing of the producer.
        Assert.True((await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 2, "t.c"))).Succeeded);
        var late = await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 0, "t.a", "t.b"));
        Assert.Equal((ErrorCode.OutOfSequence, false), (late.Error, late.IsDuplicate));
        Assert.True((await _test.AppendAsync(topic, TestBatch.ByProducer(5, 0, 2, "t.c"))).IsDuplicate);
    }

    [Fact]
    public async Task Sequences_wrap_around()
    {
        Assert.True((await _test.AppendAsync("t", TestBatch.ByProducer(5, 0, int.MaxValue - 1, "t.a", "t.b", "t.c"))).Succeeded);
        Assert.True((await _test.AppendAsync("t", TestBatch.ByProducer(5, 0, 1, "t.d"))).Succeeded);
        Assert.True((await _test.AppendAsync("t", TestBatch.ByProducer(5, 0, int.MaxValue - 1, "t.a", "t.b", "t.c"))).IsDuplicate);
        Assert.Equal(ErrorCode.OutOfSequence, (await _test.AppendAsync("t", TestBatch.ByProducer(5, 0, 3, "t.e"))).Error);
    }

    [Fact]
    public async Task A_repeat_of_long_ago_is_still_a_repeat_but_its_offset_is_forgotten()
    {
        await using var small = await TestNode.OpenAsync(new StorageOptions { ProducerBatchesMax = 8 });
        await small.CreateAsync("t");
        for (var i = 0; i < 20; i++)
            await small.AppendAsync("t", TestBatch.ByProducer(5, 0, i, "t"));
        Assert.Equal(new Offset(12), (await small.AppendAsync("t", TestBatch.ByProducer(5, 0, 12, "t"))).BaseOffset);
        var old = await small.AppendAsync("t", TestBatch.ByProducer(5, 0, 3, "t"));
        Assert.True(old.IsDuplicate);
        Assert.Equal(Offset.None, old.BaseOffset);
    }

    [Fact]
    public async Task Producers_are_bounded_and_forgotten_when_silent()
    {
        await using var small = await TestNode.OpenAsync(new StorageOptions { ProducersPerLogMax = 2, ProducerExpiry = TimeSpan.FromMinutes(1) });
        await small.CreateAsync("t");
        foreach (var producer in new[] { 1, 2, 3 })
        {
            await small.AppendAsync("t", TestBatch.ByProducer(producer, 0, 0, "t"));
            small.Time.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.False((await small.AppendAsync("t", TestBatch.ByProducer(1, 0, 0, "t"))).IsDuplicate);
        Assert.True((await small.AppendAsync("t", TestBatch.ByProducer(3, 0, 0, "t"))).IsDuplicate);
    }

    [Fact]
    public async Task Live_only_records_are_delivered_and_not_stored()
    {
        var subscriber = new RecordingSubscriber();
        using var subscription = _test.Node.Live.Subscribe("s", subscriber);
        subscription.SetInterest(TestNode.Ns, SubjectFilter.All, null, 1);
        var result = await _test.AppendAsync("_live", TestBatch.Of("_INBOX.1"), routing: new LiveRouting { LiveOnly = true });
        Assert.True(result.Succeeded);
        Assert.Equal(Offset.None, result.BaseOffset);
        await Eventually.TrueAsync(() => subscriber.Records is ["-1:_INBOX.1"], "delivery");
        Assert.Empty(await _test.ReadAsync("_live"));
        Assert.Equal(ErrorCode.InvalidArgument, (await _test.AppendAsync("t", TestBatch.Of("t.a"), routing: new LiveRouting { LiveOnly = true })).Error);
    }

    [Fact]
    public async Task A_draining_node_takes_nothing()
    {
        var node = await TestNode.OpenAsync();
        await node.DisposeAsync();
        Assert.Equal(ErrorCode.Unavailable, (await node.AppendAsync("_live", TestBatch.Of("a"))).Error);
        Assert.False(node.Node.Health.IsReady);
    }

    [Fact]
    public async Task Plain_appends_without_listeners_allocate_nothing()
    {
        var request = new AppendRequest { Log = TestNode.Log("_live"), Batch = TestBatch.Of([.. Enumerable.Range(0, 200).Select(i => $"s.{i}")]) };
        for (var i = 0; i < 30_000; i++)
            await _test.Node.Logs.AppendAsync(request);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 2_000; i++)
            await _test.Node.Logs.AppendAsync(request);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8_192);
    }
}
