using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>Reading by priority gives the same answers on every engine, whether it has an index or not.</summary>
public sealed class PriorityReadTests
{
    [Theory]
    [InlineData(EngineKind.Memory, 1)]
    [InlineData(EngineKind.Memory, 1_000)]
    [InlineData(EngineKind.RocksDb, 1)]
    [InlineData(EngineKind.RocksDb, 2)]
    [InlineData(EngineKind.RocksDb, 3)]
    [InlineData(EngineKind.RocksDb, 1_000)]
    [InlineData(EngineKind.Segment, 1)]
    [InlineData(EngineKind.Segment, 2)]
    [InlineData(EngineKind.Segment, 1_000)]
    public async Task Higher_lanes_come_first_and_each_lane_in_order_however_few_are_asked_for(EngineKind engine, int maxRecords)
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", engine);
        await node.AppendAsync("t", DiskNode.Records(("t.a", "n1", null, null, null), ("t.a", "c1", 9, null, null), ("t.b", "u1", 5, null, null)));
        await node.AppendAsync("t", TestBatch.OfValues("t.a", "n2"));
        await node.AppendAsync("t", DiskNode.Record("t.a", "c2", priority: 9));
        await node.AppendAsync("t", DiskNode.Records(("t.b", "u2", 5, null, null), ("t.b", "n3", 0, null, null)));
        Assert.Equal("c1 c2 u1 u2 n1 n2 n3", await node.ValuesAsync(ByPriority(maxRecords)));
        Assert.Equal("u1 u2 n3", await node.ValuesAsync(ByPriority(maxRecords) with { Filters = [SubjectFilter.Parse("t.b")] }));
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task What_comes_later_in_a_higher_lane_is_read_before_the_rest_of_a_lower_one(EngineKind engine)
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", engine);
        await node.AppendAsync("t", TestBatch.OfValues("t.a", "n1", "n2", "n3"));
        using var first = await node.Node.Logs.ReadAsync(ByPriority(1));
        Assert.Equal("n1", Assert.Single(TestBatch.Read(first.Batches.Span)).Value);
        await node.AppendAsync("t", DiskNode.Record("t.a", "c1", priority: 200));
        Assert.Equal("c1 n2 n3", await node.ValuesAsync(ByPriority(2) with { Start = ReadStart.Offset, Offset = first.NextOffset, LanePositions = first.LanePositions }));
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task One_lane_is_read_alone_from_an_offset(EngineKind engine)
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", engine);
        for (var i = 0; i < 30; i++)
            await node.AppendAsync("t", DiskNode.Record("t.a", $"{i}", priority: i % 3));
        Assert.Equal("1 4 7 10 13 16 19 22 25 28", await node.ValuesAsync(Lane(1, 0)));
        Assert.Equal("23 26 29", await node.ValuesAsync(Lane(2, 21) with { MaxRecords = 2 }));
        Assert.Equal("24 27", await node.ValuesAsync(Lane(0, 22)));
        Assert.Equal("", await node.ValuesAsync(Lane(77, 0)));
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task Removed_records_leave_their_lanes(EngineKind engine)
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", engine);
        for (var i = 0; i < 6; i++)
            await node.AppendAsync("t", DiskNode.Record("t.a", $"{i}", priority: i));
        await node.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), Offsets = [new Offset(5), new Offset(2)] });
        await node.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), BeforeOffset = new Offset(1) });
        Assert.Equal("4 3 1", await node.ValuesAsync(ByPriority(0)));
    }

    [Fact]
    public async Task A_read_by_priority_waits_for_what_is_not_there_yet()
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.RocksDb);
        var reading = node.Node.Logs.ReadAsync(ByPriority(1) with { MaxWait = TimeSpan.FromMinutes(1) }).AsTask();
        await node.AppendAsync("t", DiskNode.Record("t.a", "c1", priority: 3));
        using var read = await reading.WaitAsync(Eventually.Deadline);
        Assert.Equal("c1", Assert.Single(TestBatch.Read(read.Batches.Span)).Value);
    }

    [Fact]
    public async Task By_priority_and_one_lane_exclude_each_other()
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.RocksDb);
        using var read = await node.Node.Logs.ReadAsync(ByPriority(1) with { Lane = 3 });
        Assert.Equal(ErrorCode.InvalidArgument, read.Error);
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task Records_of_subjects_are_found_from_an_offset_in_order(EngineKind engine)
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", engine);
        for (var i = 0; i < 300; i++)
            await node.AppendAsync("t", TestBatch.OfValues($"t.{i % 3}.{i % 10}", $"{i}"));
        var read = new ReadRequest { Log = TestNode.Log("t"), Offset = new Offset(250), MaxRecords = 2 };
        Assert.Equal("271", await node.ValuesAsync(read with { Filters = [SubjectFilter.Parse("t.1.1")] }));
        Assert.Equal("252 255 258 261 264 267 270 273 276 279 282 285 288 291 294 297", await node.ValuesAsync(read with { Filters = [SubjectFilter.Parse("t.0.>")] }));
        Assert.Equal("260 271 290", await node.ValuesAsync(read with { Filters = [SubjectFilter.Parse("t.2.0"), SubjectFilter.Parse("t.1.1")] }));
        Assert.Equal("251 261 271 281 291", await node.ValuesAsync(read with { Filters = [SubjectFilter.Parse("t.*.1")] }));
        Assert.Equal("299", await node.ValuesAsync(read with { Offset = Offset.Zero, Start = ReadStart.LastPerKey, Filters = [SubjectFilter.Parse("t.2.9")] }));
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task An_expired_record_is_never_read_from_that_moment(EngineKind engine)
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", engine);
        var soon = node.Time.NowMs + 500;
        await node.AppendAsync("t", DiskNode.Records(("t.a", "1", null, soon, null), ("t.a", "2", null, null, null), ("t.b", "3", 4, soon, null), ("t.b", "4", 4, soon + 1, null)));
        await node.AppendAsync("t", DiskNode.Record("t.c", "5", expiresAtMs: soon));
        await node.AppendAsync("t", TestBatch.OfValues("t.c", "says rmq-expires-at"));
        Assert.Equal("1 2 3 4 5 says rmq-expires-at", await node.ValuesAsync("t"));
        node.Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal("2 4 says rmq-expires-at", await node.ValuesAsync("t"));
        Assert.Equal("4", await node.ValuesAsync(new ReadRequest { Log = TestNode.Log("t"), Filters = [SubjectFilter.Parse("t.b")] }));
        Assert.Equal("4 2 says rmq-expires-at", await node.ValuesAsync(ByPriority(0)));
        Assert.Equal("2 4 says rmq-expires-at", await node.ValuesAsync(new ReadRequest { Log = TestNode.Log("t"), Start = ReadStart.LastPerKey }));
    }

    private static ReadRequest ByPriority(int maxRecords) => new() { Log = TestNode.Log("t"), Start = ReadStart.First, ByPriority = true, MaxRecords = maxRecords };

    private static ReadRequest Lane(byte lane, long from) => new() { Log = TestNode.Log("t"), Offset = new Offset(from), Lane = lane };
}
