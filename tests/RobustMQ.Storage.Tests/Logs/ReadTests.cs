using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

public sealed class ReadTests : IAsyncLifetime
{
    private TestNode _test = null!;

    public async Task InitializeAsync()
    {
        _test = await TestNode.OpenAsync();
        await _test.CreateAsync("t", "t.>");
        await _test.AppendAsync("t", TestBatch.At(100, "t.a", "t.b"));
        await _test.AppendAsync("t", TestBatch.At(200, "t.a", "t.c"));
        await _test.AppendAsync("t", TestBatch.At(300, "t.b"));
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Theory]
    [InlineData(ReadStart.First, 0, "0 1 2 3 4", 5)]
    [InlineData(ReadStart.Offset, 3, "2 3 4", 5)]
    [InlineData(ReadStart.Time, 150, "2 3 4", 5)]
    [InlineData(ReadStart.Time, 301, "", 5)]
    [InlineData(ReadStart.Last, 0, "4", 5)]
    [InlineData(ReadStart.LastPerKey, 0, "2 3 4", 5)]
    public async Task A_read_begins_where_it_is_asked_to(ReadStart start, long at, string offsets, long next)
    {
        using var read = await ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Start = start, Offset = new Offset(start == ReadStart.Offset ? at : 0), TimeMs = at });
        Assert.Equal(offsets, Text(read));
        Assert.Equal(next, read.NextOffset.Value);
        Assert.Equal(5, read.LogEndOffset.Value);
    }

    [Theory]
    [InlineData(ReadStart.First, "t.a", "0 2", 5)]
    [InlineData(ReadStart.First, "t.*", "0 1 2 3 4", 5)]
    [InlineData(ReadStart.First, "x", "", 5)]
    [InlineData(ReadStart.Last, "t.a", "2", 5)]
    [InlineData(ReadStart.LastPerKey, "t.a", "2", 5)]
    public async Task Filters_leave_only_what_matches_with_offsets_kept(ReadStart start, string filter, string offsets, long next)
    {
        using var read = await ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Start = start, Filters = [SubjectFilter.Parse(filter)] });
        Assert.Equal(offsets, Text(read));
        Assert.Equal(next, read.NextOffset.Value);
    }

    [Fact]
    public async Task Bounded_filtered_reads_go_on_where_they_stopped()
    {
        var seen = new List<string>();
        for (var next = Offset.Zero; next.Value < 5;)
        {
            using var read = await ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Offset = next, Filters = [SubjectFilter.Parse("t.*")], MaxBytes = 1 });
            Assert.True(read.NextOffset > next);
            seen.Add(Text(read));
            next = read.NextOffset;
        }
        Assert.Equal(["0 1", "2 3", "4"], seen);
    }

    [Fact]
    public async Task Reads_keep_to_the_records_asked_for()
    {
        using var read = await ReadAsync(new ReadRequest { Log = TestNode.Log("t"), MaxRecords = 1 });
        Assert.Equal("0 1", Text(read));
        using var filtered = await ReadAsync(new ReadRequest { Log = TestNode.Log("t"), MaxRecords = 1, Filters = [SubjectFilter.Parse("t.b")] });
        Assert.Equal("1", Text(filtered));
    }

    [Fact]
    public async Task Offsets_out_of_range_and_absent_logs_are_named()
    {
        using var behind = await ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Offset = new Offset(6) });
        Assert.Equal(ErrorCode.OffsetOutOfRange, behind.Error);
        Assert.Equal(5, behind.LogEndOffset.Value);
        using var absent = await ReadAsync(new ReadRequest { Log = TestNode.Log("absent") });
        Assert.Equal(ErrorCode.NotFound, absent.Error);
        using var partition = await ReadAsync(new ReadRequest { Log = TestNode.Log("t", 1) });
        Assert.Equal(ErrorCode.NotFound, partition.Error);
        Assert.Equal(ErrorCode.NotFound, (await _test.Node.Logs.OffsetsAsync(TestNode.Log("absent"))).Error);
    }

    [Fact]
    public async Task A_long_poll_is_answered_by_the_next_append()
    {
        var poll = ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Offset = new Offset(5), MaxWait = TimeSpan.FromMinutes(1) });
        await Eventually.TrueAsync(() => _test.Time.HasTimerWithin(TimeSpan.FromMinutes(2)), "the wait");
        Assert.False(poll.IsCompleted);
        await _test.AppendAsync("t", TestBatch.Of("t.new"));
        using var read = await poll.WaitAsync(Eventually.Deadline);
        Assert.Equal("5", Text(read));
    }

    [Fact]
    public async Task A_long_poll_waits_for_the_bytes_and_gives_up_in_time()
    {
        var wait = TimeSpan.FromMinutes(2);
        var poll = ReadAsync(new ReadRequest { Log = TestNode.Log("t"), MinBytes = 1 << 20, MaxWait = wait });
        await Eventually.TrueAsync(
            () =>
            {
                _test.Time.Advance(TimeSpan.FromMinutes(1));
                return poll.IsCompleted;
            },
            "the end of the wait");
        using var read = await poll;
        Assert.Equal("0 1 2 3 4", Text(read));
    }

    [Fact]
    public async Task Waits_end_by_cancellation_by_deletion_and_by_drain()
    {
        using var cancellation = new CancellationTokenSource();
        var request = new ReadRequest { Log = TestNode.Log("t"), Offset = new Offset(5), MaxWait = TimeSpan.FromMinutes(1) };
        var cancelled = _test.Node.Logs.ReadAsync(request, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.Equal(ErrorCode.Cancelled, (await cancelled.WaitAsync(Eventually.Deadline)).Error);
        var deleted = ReadAsync(request);
        await _test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("t"));
        Assert.Equal(ErrorCode.NotFound, (await deleted.WaitAsync(Eventually.Deadline)).Error);
        var drained = ReadAsync(new ReadRequest { Log = TestNode.Log("_live"), MaxWait = TimeSpan.FromMinutes(1) });
        await _test.DisposeAsync();
        Assert.Equal(ErrorCode.Unavailable, (await drained.WaitAsync(Eventually.Deadline)).Error);
    }

    [Fact]
    public async Task Offsets_say_where_a_log_begins_and_ends_and_what_lies_at_a_time()
    {
        var offsets = await _test.Node.Logs.OffsetsAsync(TestNode.Log("t"), 150);
        Assert.Equal((0, 5, 2, 200L, 5), (offsets.Start.Value, offsets.End.Value, offsets.AtTime.Value, offsets.AtTimeTimestampMs, offsets.RecordCount));
        Assert.True(offsets.SizeBytes > 0);
        Assert.Equal(_test.Node.Identity.Epoch, offsets.LeaderEpoch);
        Assert.Equal(Offset.None, (await _test.Node.Logs.OffsetsAsync(TestNode.Log("t"))).AtTime);
    }

    [Fact]
    public async Task Records_are_deleted_before_an_offset_one_by_one_and_by_filter()
    {
        var log = TestNode.Log("t");
        Assert.Equal(new DeleteResult(ErrorCode.None, Offset.Zero, 1), await DeleteAsync(new DeleteRequest { Log = log, Filter = SubjectFilter.Parse("t.b"), Keep = 1 }));
        Assert.Equal(1, (await DeleteAsync(new DeleteRequest { Log = log, Offsets = [new Offset(3)] })).DeletedRecords);
        Assert.Equal(new DeleteResult(ErrorCode.None, new Offset(2), 1), await DeleteAsync(new DeleteRequest { Log = log, BeforeOffset = new Offset(1) }));
        Assert.Equal([2, 4], (await _test.ReadAsync("t")).Select(record => record.Offset));
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await DeleteAsync(new DeleteRequest { Log = log, BeforeOffset = new Offset(6) })).Error);
        Assert.Equal(2, (await DeleteAsync(new DeleteRequest { Log = log, BeforeOffset = Offset.None })).DeletedRecords);
        Assert.Equal(ErrorCode.InvalidArgument, (await DeleteAsync(new DeleteRequest { Log = log })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await DeleteAsync(new DeleteRequest { Log = log, BeforeOffset = Offset.Zero, Filter = SubjectFilter.All })).Error);
    }

    [Fact]
    public async Task Retention_by_age_runs_by_itself()
    {
        await _test.AppendAsync("_live", TestBatch.At(_test.Time.NowMs, "a"));
        Assert.Single(await _test.ReadAsync("_live"));
        await Eventually.TrueAsync(
            () =>
            {
                _test.Time.Advance(TimeSpan.FromMinutes(1));
                return _test.Node.Logs.OffsetsAsync(TestNode.Log("_live")).AsTask().Result.RecordCount == 0;
            },
            "retention");
    }

    private Task<ReadResult> ReadAsync(ReadRequest request) => _test.Node.Logs.ReadAsync(request).AsTask();

    private ValueTask<DeleteResult> DeleteAsync(DeleteRequest request) => _test.Node.Logs.DeleteAsync(request);

    private static string Text(ReadResult read) => string.Join(' ', TestBatch.Read(read.Batches.Span).Select(record => record.Offset));
}
