using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>Records that are not delivered before a moment that they name.</summary>
public sealed class DelayedRecordTests : IAsyncLifetime
{
    private DiskNode _test = null!;

    public async Task InitializeAsync() => _test = await DiskNode.OpenAsync();

    public async Task DisposeAsync() => await _test.DisposeAsync();

    public static TheoryData<EngineKind> Engines => [EngineKind.Memory, EngineKind.RocksDb, EngineKind.Segment];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_delayed_record_comes_into_its_log_when_it_is_due(EngineKind engine)
    {
        await _test.CreateAsync("box", engine);
        var delayed = await _test.AppendAsync("box", DiskNode.Record("box.a", "late", delayUntilMs: _test.Time.NowMs + 5_000));
        Assert.True(delayed is { Error: ErrorCode.None, IsDelayed: true, BaseOffset.Value: -1 });
        Assert.Equal(0, (await _test.AppendAsync("box", DiskNode.Record("box.a", "now"))).BaseOffset.Value);
        _test.Time.Advance(TimeSpan.FromMilliseconds(4_999));
        Assert.Equal("now", await _test.ValuesAsync("box"));
        Assert.Equal(1, _test.Node.Delayed.Waiting);

        _test.Time.Advance(TimeSpan.FromMilliseconds(1));
        await DeliveredAsync("box", 2);
        Assert.Equal("now late", await _test.ValuesAsync("box"));
        await Eventually.TrueAsync(() => _test.Node.Delayed.Waiting == 0, "nothing waits any more");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Records_come_in_the_order_of_their_moments_and_then_of_their_appends(EngineKind engine)
    {
        await _test.CreateAsync("box", engine);
        var now = _test.Time.NowMs;
        await _test.AppendAsync("box", DiskNode.Records(("box.a", "3", null, null, now + 3_000), ("box.a", "1", null, null, now + 1_000), ("box.b", "0", null, null, null)));
        await _test.AppendAsync("box", DiskNode.Record("box.c", "2", delayUntilMs: now + 2_000));
        await _test.AppendAsync("box", DiskNode.Record("box.c", "4", delayUntilMs: now + 3_000));
        await _test.AppendAsync("box", DiskNode.Record("box.c", "past", delayUntilMs: now));
        await DeliveredAsync("box", 2);
        _test.Time.Advance(TimeSpan.FromSeconds(10));
        await DeliveredAsync("box", 6);
        Assert.Equal(["1", "2", "3", "4"], (await _test.ValuesAsync("box")).Split(' ').Where(value => value is not ("0" or "past")));
        Assert.Equal(6, (await _test.AppendAsync("box", DiskNode.Record("box.a", "last"))).BaseOffset.Value);
    }

    [Theory]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task What_waits_survives_a_restart_also_where_its_moment_passes_meanwhile(EngineKind engine)
    {
        await _test.CreateAsync("box", engine);
        await _test.AppendAsync("box", DiskNode.Record("box.a", "1", delayUntilMs: _test.Time.NowMs + 5_000));
        await _test.AppendAsync("box", DiskNode.Record("box.a", "2", delayUntilMs: _test.Time.NowMs + 60_000));
        await _test.Node.DisposeAsync();
        _test.Time.Advance(TimeSpan.FromSeconds(10));
        await _test.StartAgainAsync();
        await DeliveredAsync("box", 1);
        Assert.Equal("1", await _test.ValuesAsync("box"));
        await _test.RestartAsync();
        _test.Time.Advance(TimeSpan.FromSeconds(60));
        await DeliveredAsync("box", 2);
        Assert.Equal("1 2", await _test.ValuesAsync("box"));
    }

    [Fact]
    public async Task Live_subscribers_and_readers_that_wait_see_them_like_any_append()
    {
        await _test.CreateAsync("box", EngineKind.RocksDb);
        var subscriber = new RecordingSubscriber();
        using var subscription = _test.Node.Live.Subscribe("test", subscriber);
        subscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("box.>"), null, 1);
        await _test.AppendAsync("box", DiskNode.Record("box.a", "1", delayUntilMs: _test.Time.NowMs + 1_000));
        var reading = _test.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("box"), MaxWait = TimeSpan.FromMinutes(1) });
        Assert.Empty(subscriber.Records);
        _test.Time.Advance(TimeSpan.FromSeconds(1));
        using var read = await reading;
        Assert.Equal("1", Assert.Single(TestBatch.Read(read.Batches.Span)).Value);
        await Eventually.TrueAsync(() => subscriber.Records is ["0:box.a"], "the subscriber has it");
    }

    [Fact]
    public async Task What_waits_for_a_topic_that_is_deleted_or_over_is_dropped_and_counted()
    {
        await _test.CreateAsync("deleted", EngineKind.Segment);
        await _test.CreateAsync("over", EngineKind.RocksDb, spec => spec with { TtlMs = 2_000 });
        foreach (var topic in new[] { "deleted", "over" })
            await _test.AppendAsync(topic, DiskNode.Record(topic + ".a", "1", delayUntilMs: _test.Time.NowMs + 60_000));
        Assert.Equal((2, 0), _test.Node.Delayed);
        await _test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("deleted"));
        await Eventually.TrueAsync(() => _test.Node.Delayed == (1, 1), "one is dropped");
        _test.Time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _test.Node.Delayed == (0, 2), "the other too");
        await _test.CreateAsync("deleted", EngineKind.Segment);
        _test.Time.Advance(TimeSpan.FromSeconds(120));
        Assert.Equal("", await _test.ValuesAsync("deleted"));
    }

    [Theory]
    [InlineData(EngineKind.RocksDb, false)]
    [InlineData(EngineKind.Segment, false)]
    [InlineData(EngineKind.RocksDb, true)]
    [InlineData(EngineKind.Segment, true)]
    public async Task A_producers_repeat_of_a_delayed_batch_is_known_and_its_sequence_goes_on(EngineKind engine, bool restarts)
    {
        await _test.CreateAsync("box", engine);
        Assert.True((await _test.AppendAsync("box", TestBatch.ByProducer(7, 1, 0, "box.a"))).Succeeded);
        Assert.True((await _test.AppendAsync("box", Delayed(sequence: 1))).IsDelayed);
        if (restarts)
            await _test.RestartAsync();
        Assert.True((await _test.AppendAsync("box", Delayed(sequence: 1))) is { Error: ErrorCode.None, IsDuplicate: true });
        Assert.Equal(1, (await _test.AppendAsync("box", TestBatch.ByProducer(7, 1, 2, "box.a"))).BaseOffset.Value);
        Assert.Equal(1, _test.Node.Delayed.Waiting);
    }

    [Fact]
    public async Task A_repeat_is_known_after_a_restart_even_where_the_log_holds_nothing_of_the_producer()
    {
        await _test.CreateAsync("box", EngineKind.RocksDb);
        Assert.True((await _test.AppendAsync("box", Delayed(sequence: 0))).IsDelayed);
        await _test.RestartAsync();
        Assert.True((await _test.AppendAsync("box", Delayed(sequence: 0))) is { Error: ErrorCode.None, IsDelayed: true });
        Assert.Equal(1, _test.Node.Delayed.Waiting);
    }

    [Fact]
    public async Task What_waits_is_bounded_in_bytes_and_a_node_that_keeps_nothing_refuses_it()
    {
        var batch = DiskNode.Record("box.a", "1", delayUntilMs: long.MaxValue);
        await using var small = await DiskNode.OpenAsync(new StorageOptions { DelayedBytesMax = batch.Length });
        await small.CreateAsync("box", EngineKind.RocksDb);
        Assert.True((await small.AppendAsync("box", batch)).IsDelayed);
        Assert.Equal(ErrorCode.LimitExceeded, (await small.AppendAsync("box", batch)).Error);
        Assert.True((await small.AppendAsync("box", DiskNode.Record("box.a", "2"))).Succeeded);
        await small.RestartAsync();
        Assert.Equal(ErrorCode.LimitExceeded, (await small.AppendAsync("box", batch)).Error);

        await using var node = await TestNode.OpenAsync();
        await node.CreateAsync("box", "box.>");
        Assert.Equal(ErrorCode.Unsupported, (await node.AppendAsync("box", batch)).Error);
    }

    private byte[] Delayed(int sequence)
    {
        var batch = DiskNode.Record("box.a", "late", delayUntilMs: _test.Time.NowMs + 60_000);
        RecordBatchHeader.Assign(batch, new ProducerState(7, 1, sequence));
        return batch;
    }

    private Task DeliveredAsync(string topic, int records) =>
        Eventually.TrueAsync(() => _test.Node.Logs.OffsetsAsync(TestNode.Log(topic)).AsTask().Result.RecordCount == records, $"{records} records are in the log");
}
