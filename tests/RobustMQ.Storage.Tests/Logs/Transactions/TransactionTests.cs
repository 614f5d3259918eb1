using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs.Transactions;

/// <summary>Transactions in a log of a whole node: who sees what of them, what is refused, and what a restart keeps.</summary>
public sealed class TransactionTests : IAsyncLifetime
{
    private const long One = 71;
    private const long Two = 72;

    private static readonly AppendConditions First = new() { BeginsTransactionAfter = Offset.None };

    private DiskNode _disk = null!;

    public async Task InitializeAsync()
    {
        _disk = await DiskNode.OpenAsync();
        await _disk.CreateAsync("t", EngineKind.Segment);
    }

    public async Task DisposeAsync() => await _disk.DisposeAsync();

    [Fact]
    public async Task Readers_of_records_see_a_transaction_when_it_is_committed_and_never_what_ends_it()
    {
        await AppendAsync(TestBatch.Of("t.before"));
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a", "t.b"), First);
        await AppendAsync(TestBatch.Of("t.between"));
        Assert.Equal("0", await OffsetsAsync());
        await AppendAsync(TestBatch.InTransaction(One, 0, 2, "t.c"));
        await AppendAsync(TestBatch.Commit(One, 0));
        Assert.Equal("0 1 2 3 4", await OffsetsAsync());
        await AppendAsync(TestBatch.Of("t.after"));
        Assert.Equal("0 1 2 3 4 6", await OffsetsAsync());
        using var last = await _disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Start = ReadStart.LastPerKey, Filters = [SubjectFilter.Parse("t.c")] });
        Assert.Equal(4, Assert.Single(TestBatch.Read(last.Batches.Span)).Offset);
    }

    [Fact]
    public async Task Aborted_records_are_seen_by_nobody_but_who_reads_stored_batches()
    {
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a", "t.b"), First);
        await AppendAsync(TestBatch.InTransaction(Two, 0, 0, "t.c"), First);
        await AppendAsync(TestBatch.Abort(One, 0));
        Assert.Equal("", await OffsetsAsync());
        await AppendAsync(TestBatch.Commit(Two, 0));
        Assert.Equal("2", await OffsetsAsync());

        var stored = await StoredAsync(ReadIsolation.Stored, 0);
        Assert.Equal((5, 5, 5, 0), (stored.Records, stored.End, stored.Stable, stored.Aborted.Count));
        var stable = await StoredAsync(ReadIsolation.StoredStable, 0);
        Assert.Equal((5, 5, 5), (stable.Records, stable.End, stable.Stable));
        Assert.Equal(new AbortedTransaction(One, Offset.Zero), Assert.Single(stable.Aborted));
        Assert.Empty((await StoredAsync(ReadIsolation.StoredStable, 4)).Aborted);
    }

    [Fact]
    public async Task Stored_batches_before_an_open_transaction_end_there_and_say_so()
    {
        await AppendAsync(TestBatch.Of("t.a"));
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.b"), First);
        await AppendAsync(TestBatch.Of("t.c"));
        var stable = await StoredAsync(ReadIsolation.StoredStable, 0);
        Assert.Equal((1, 3, 1), (stable.Records, stable.End, stable.Stable));
        var all = await StoredAsync(ReadIsolation.Stored, 0);
        Assert.Equal((3, 3, 1), (all.Records, all.End, all.Stable));
        var logs = _disk.Node.Logs;
        Assert.Equal(1, (await logs.OffsetsAsync(TestNode.Log("t"))).End.Value);
        Assert.Equal(3, (await logs.OffsetsAsync(TestNode.Log("t"), isolation: ReadIsolation.Stored)).End.Value);
        Assert.Equal(1, (await logs.OffsetsAsync(TestNode.Log("t"), isolation: ReadIsolation.StoredStable)).End.Value);
    }

    [Theory]
    [InlineData(ReadIsolation.Committed, false, 3)]
    [InlineData(ReadIsolation.Committed, true, 0)]
    [InlineData(ReadIsolation.StoredStable, false, 0)]
    [InlineData(ReadIsolation.StoredStable, true, 0)]
    public async Task A_reader_that_waits_is_answered_when_the_transaction_is_over(ReadIsolation isolation, bool isCommitted, long expected)
    {
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a"), First);
        var waiting = _disk.Node.Logs.ReadManyAsync(new ReadManyRequest
        {
            Logs = [new LogPosition(TestNode.Log("t"), Offset.Zero, 0)],
            MaxWait = TimeSpan.FromMinutes(1),
            Isolation = isolation,
        }).AsTask();
        await AppendAsync(TestBatch.InTransaction(One, 0, 1, "t.b"));
        Assert.False(waiting.IsCompleted);
        await AppendAsync(isCommitted ? TestBatch.Commit(One, 0) : TestBatch.Abort(One, 0));
        if (isolation == ReadIsolation.Committed && !isCommitted)
            await AppendAsync(TestBatch.Of("t.c"));
        using var read = await waiting.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(expected, TestBatch.Read(read.Logs[0].Batches.Span)[0].Offset);
    }

    [Fact]
    public async Task A_transaction_begins_only_where_nothing_has_ended_it_meanwhile()
    {
        var refused = await _disk.AppendAsync("t", TestBatch.InTransaction(One, 0, 0, "t.a"));
        Assert.Equal((ErrorCode.TransactionMismatch, Offset.None), (refused.Error, refused.BaseOffset));
        // Ended in this log before it has begun: what was on its way comes too late.
        await AppendAsync(TestBatch.Abort(One, 0));
        Assert.Equal(ErrorCode.TransactionMismatch, (await _disk.AppendAsync("t", TestBatch.InTransaction(One, 0, 0, "t.a"), First)).Error);
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a"), After(0));
        Assert.Equal(ErrorCode.TransactionMismatch, (await _disk.AppendAsync("t", TestBatch.ByProducer(One, 0, 1, "t.a"))).Error);
        await AppendAsync(TestBatch.InTransaction(One, 0, 1, "t.b"));
        var repeated = await _disk.AppendAsync("t", TestBatch.InTransaction(One, 0, 1, "t.b"));
        Assert.True(repeated is { IsDuplicate: true, BaseOffset.Value: 2 });
        await AppendAsync(TestBatch.Commit(One, 0));
        // A repeat is one after the end, too.
        Assert.True((await _disk.AppendAsync("t", TestBatch.InTransaction(One, 0, 1, "t.b"))).IsDuplicate);
    }

    [Fact]
    public async Task What_ends_a_transaction_fences_earlier_epochs_of_the_producer_and_of_who_decides()
    {
        await AppendAsync(TestBatch.InTransaction(One, 3, 0, "t.a"), First);
        Assert.Equal(ErrorCode.Fenced, (await _disk.AppendAsync("t", TestBatch.Abort(One, 2))).Error);
        await AppendAsync(TestBatch.Abort(One, 4, coordinatorEpoch: 8));
        Assert.Equal(ErrorCode.Fenced, (await _disk.AppendAsync("t", TestBatch.InTransaction(One, 3, 1, "t.b"))).Error);
        Assert.Equal(ErrorCode.Fenced, (await _disk.AppendAsync("t", TestBatch.Commit(One, 4, coordinatorEpoch: 7))).Error);
        Assert.Equal(ErrorCode.OutOfSequence, (await _disk.AppendAsync("t", TestBatch.InTransaction(One, 4, 1, "t.b"), After(1))).Error);
        await AppendAsync(TestBatch.InTransaction(One, 4, 0, "t.b"), After(1));
    }

    [Fact]
    public async Task Topics_that_cannot_keep_transactions_refuse_them()
    {
        await _disk.CreateAsync("memory", EngineKind.Memory);
        await _disk.CreateAsync("rocks", EngineKind.RocksDb);
        await _disk.CreateAsync("queue", EngineKind.Segment, static spec => spec with { Retention = new Retention { Policy = RetentionPolicy.WorkQueue } });
        foreach (var topic in new[] { "memory", "rocks", "queue" })
            Assert.Equal(ErrorCode.Unsupported, (await _disk.AppendAsync(topic, TestBatch.InTransaction(One, 0, 0, topic + ".a"), First)).Error);
        foreach (var topic in new[] { "memory", "rocks" })
            Assert.Equal(ErrorCode.Unsupported, (await _disk.AppendAsync(topic, TestBatch.Commit(One, 0))).Error);

        var delayed = DiskNode.Record("t.a", "x", delayUntilMs: _disk.Time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000);
        TestBatch.MakeTransactional(delayed, One, 0, 0);
        Assert.Equal(ErrorCode.Unsupported, (await _disk.AppendAsync("t", delayed, First)).Error);
        var nobodys = TestBatch.Commit(One, 0);
        RecordBatchHeader.Assign(nobodys, ProducerState.None);
        Assert.Equal(ErrorCode.CorruptBatch, (await _disk.AppendAsync("t", nobodys)).Error);
        var notAMarker = TestBatch.Commit(One, 0);
        notAMarker[^10] ^= 0x40;
        RecordBatchHeader.Seal(notAMarker);
        Assert.Equal(ErrorCode.CorruptBatch, (await _disk.AppendAsync("t", notAMarker)).Error);
    }

    [Fact]
    public async Task Consumers_and_live_subscribers_get_what_is_committed_and_nothing_else()
    {
        var live = new RecordingSubscriber();
        using var subscription = _disk.Node.Live.Subscribe("test", live);
        subscription.SetInterest(TestNode.Ns, SubjectFilter.All, null, 1);
        var consumer = new ConsumerRef(TestNode.Ns, "c");
        await _disk.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = consumer, Bindings = [new ConsumerBinding { Id = 1, Topic = TopicName.Parse("t") }], AckWait = TimeSpan.FromMinutes(1) });
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a"), First);
        await AppendAsync(TestBatch.InTransaction(Two, 0, 0, "t.b"), First);
        await AppendAsync(TestBatch.Of("t.c"));
        await AppendAsync(TestBatch.InTransaction(One, 0, 1, "t.d"));
        await AppendAsync(TestBatch.Abort(Two, 0));
        await Eventually.TrueAsync(() => live.Records is ["2:t.c"], "only what is of no transaction is there");
        Assert.Empty(await FetchAsync(consumer));
        await AppendAsync(TestBatch.Commit(One, 0));
        await Eventually.TrueAsync(() => live.Records is ["2:t.c", "0:t.a", "3:t.d"], "live copies come with the commit");
        var got = new List<long>();
        await Eventually.TrueAsync(
            async () =>
            {
                got.AddRange(await FetchAsync(consumer));
                return got.Count >= 3;
            },
            "what is committed is delivered");
        Assert.Equal([0L, 2L, 3L], got);
        await AppendAsync(TestBatch.Of("t.e"));
        await Eventually.TrueAsync(async () => await FetchAsync(consumer) is [6L], "what follows comes");
        Assert.Equal(0, (await _disk.Node.Consumers.GetAsync(consumer)).State!.Waiting);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_knows_what_was_open_and_what_was_aborted(bool losesSnapshot)
    {
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a"), First);
        await AppendAsync(TestBatch.Abort(One, 0, coordinatorEpoch: 5));
        await AppendAsync(TestBatch.InTransaction(Two, 2, 0, "t.b"), First);
        await AppendAsync(TestBatch.Of("t.c"));
        await _disk.Node.DisposeAsync();
        if (losesSnapshot)
        {
            foreach (var snapshot in Directory.GetFiles(_disk.Directory, "owner.snapshot", SearchOption.AllDirectories))
                File.Delete(snapshot);
        }
        await _disk.StartAgainAsync();
        Assert.Equal("", await OffsetsAsync());
        var stable = await StoredAsync(ReadIsolation.StoredStable, 0);
        Assert.Equal((2, 4, 2), (stable.Records, stable.End, stable.Stable));
        Assert.Equal(new AbortedTransaction(One, Offset.Zero), Assert.Single(stable.Aborted));
        Assert.Equal(ErrorCode.Fenced, (await _disk.AppendAsync("t", TestBatch.Commit(One, 0, coordinatorEpoch: 4))).Error);
        Assert.Equal(1, (await _disk.AppendAsync("t", TestBatch.InTransaction(One, 0, 1, "t.a"))).BaseOffset.Value);
        await AppendAsync(TestBatch.InTransaction(Two, 2, 1, "t.d"));
        await AppendAsync(TestBatch.Commit(Two, 2));
        Assert.Equal("2 3 4", await OffsetsAsync());
    }

    [Fact]
    public async Task Records_of_transactions_neither_displace_nor_are_displaced_by_their_key()
    {
        await _disk.CreateAsync("compacted", EngineKind.Segment, static spec => spec with { Retention = new Retention { MaxRecordsPerKey = 1 } });
        await _disk.AppendAsync("compacted", TestBatch.OfValues("compacted.a", "committed"));
        await _disk.AppendAsync("compacted", TestBatch.InTransaction(One, 0, 0, "compacted.a"), First);
        await _disk.AppendAsync("compacted", TestBatch.Abort(One, 0));
        await _disk.AppendAsync("compacted", TestBatch.InTransaction(One, 0, 1, "compacted.b"), After(2));
        await _disk.AppendAsync("compacted", TestBatch.Commit(One, 0));
        Assert.Equal("committed compacted.b", await _disk.ValuesAsync("compacted"));
        await _disk.RestartAsync();
        Assert.Equal("committed compacted.b", await _disk.ValuesAsync("compacted"));
        await _disk.AppendAsync("compacted", TestBatch.OfValues("compacted.a", "newer"));
        Assert.Equal("compacted.b newer", await _disk.ValuesAsync("compacted"));
        using var last = await _disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("compacted"), Start = ReadStart.LastPerKey });
        Assert.Equal([3L, 5L], TestBatch.Read(last.Batches.Span).Select(static record => record.Offset));
    }

    [Fact]
    public async Task What_ends_a_transaction_cannot_be_deleted_from_the_middle_of_a_log()
    {
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a", "t.b"), First);
        await AppendAsync(TestBatch.Commit(One, 0));
        var deleted = await _disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), Offsets = [new Offset(1), new Offset(2), new Offset(9)] });
        Assert.Equal((ErrorCode.None, 1), (deleted.Error, deleted.DeletedRecords));
        var byFilter = await _disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), Filter = SubjectFilter.All });
        Assert.Equal(1, byFilter.DeletedRecords);
        Assert.Equal(1, (await StoredAsync(ReadIsolation.Stored, 2)).Records);
        var all = await _disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), BeforeOffset = Offset.None });
        Assert.Equal(3, all.LogStartOffset.Value);
    }

    [Fact]
    public async Task The_last_record_is_the_last_message_however_much_was_undone_behind_it()
    {
        await AppendAsync(TestBatch.Of("t.a", "t.b"));
        for (var i = 0; i < 100; i++)
        {
            await AppendAsync(TestBatch.InTransaction(One, 0, i, "t.c"), i == 0 ? First : After(1 + (2 * i)));
            await AppendAsync(TestBatch.Abort(One, 0));
        }
        using var last = await _disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Start = ReadStart.Last });
        Assert.Equal(1, TestBatch.Read(last.Batches.Span)[^1].Offset);
        Assert.Equal(202, last.LogEndOffset.Value);
        Assert.Equal(100, (await StoredAsync(ReadIsolation.StoredStable, 0)).Aborted.Count);
        await _disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), BeforeOffset = Offset.None });
        using var none = await _disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Start = ReadStart.Last });
        Assert.True(none.Batches.IsEmpty);
        Assert.Empty((await StoredAsync(ReadIsolation.StoredStable, 202)).Aborted);
    }

    [Fact]
    public async Task An_open_transaction_whose_first_records_are_gone_still_hides_the_rest()
    {
        await AppendAsync(TestBatch.InTransaction(One, 0, 0, "t.a"), First);
        await AppendAsync(TestBatch.InTransaction(One, 0, 1, "t.b"));
        await _disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), BeforeOffset = new Offset(1) });
        Assert.Equal("", await OffsetsAsync());
        Assert.Equal(1, (await _disk.Node.Logs.OffsetsAsync(TestNode.Log("t"))).End.Value);
        await AppendAsync(TestBatch.Abort(One, 0));
        Assert.Equal("", await OffsetsAsync());
        Assert.Equal(new AbortedTransaction(One, Offset.Zero), Assert.Single((await StoredAsync(ReadIsolation.StoredStable, 1)).Aborted));
    }

    private static AppendConditions After(long marker) => new() { BeginsTransactionAfter = new Offset(marker) };

    private async Task<AppendResult> AppendAsync(byte[] batch, AppendConditions? conditions = null)
    {
        var result = await _disk.AppendAsync("t", batch, conditions);
        Assert.Equal(ErrorCode.None, result.Error);
        return result;
    }

    /// <summary>Of all messages, read in small pieces.</summary>
    private async Task<string> OffsetsAsync()
    {
        var offsets = new List<long>();
        var start = (await _disk.Node.Logs.OffsetsAsync(TestNode.Log("t"))).Start;
        for (var from = start; ;)
        {
            using var read = await _disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Offset = from, MaxBytes = 1 });
            Assert.Equal(ErrorCode.None, read.Error);
            offsets.AddRange(TestBatch.Read(read.Batches.Span).Select(static record => record.Offset).Where(offset => offset >= from.Value));
            if (read.NextOffset >= read.LogEndOffset)
                return string.Join(' ', offsets);
            from = read.NextOffset;
        }
    }

    private async Task<(int Records, long End, long Stable, IReadOnlyList<AbortedTransaction> Aborted)> StoredAsync(ReadIsolation isolation, long from)
    {
        using var read = await _disk.Node.Logs.ReadManyAsync(
            new ReadManyRequest { Logs = [new LogPosition(TestNode.Log("t"), new Offset(from), 0)], Isolation = isolation });
        var log = read.Logs[0];
        Assert.Equal(ErrorCode.None, log.Error);
        return (TestBatch.Read(log.Batches.Span).Count, log.LogEndOffset.Value, log.StableEndOffset.Value, log.Aborted);
    }

    private async Task<List<long>> FetchAsync(ConsumerRef consumer)
    {
        using var fetched = await _disk.Node.Consumers.FetchAsync(new FetchRequest { Consumer = consumer });
        Assert.Equal(ErrorCode.None, fetched.Error);
        var offsets = new List<long>();
        foreach (var deliveries in fetched.Deliveries)
        {
            using var reader = new DeliveryReader(deliveries);
            while (reader.MoveNext())
                offsets.Add(reader.Current.Offset.Value);
        }
        return offsets;
    }
}
