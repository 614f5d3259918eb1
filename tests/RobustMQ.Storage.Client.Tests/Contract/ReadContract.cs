using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class ReadContract
{
    [Theory, EveryAdapter]
    public async Task Appends_are_read_back_in_order_from_every_start(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("log", "log.>");
        var first = await node.Client.AppendAsync("log", TestBatch.At(1_000, "log.a", "log.b"));
        var second = await node.Client.AppendAsync("log", TestBatch.At(2_000, "log.a"));
        Assert.Equal((0L, 2L), (first.BaseOffset.Value, second.BaseOffset.Value));

        Assert.Equal("0:log.a 1:log.b 2:log.a", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log") }));
        Assert.Equal("2:log.a", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Offset = new Offset(2) }));
        Assert.Equal("2:log.a", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Start = ReadStart.Time, TimeMs = 1_500 }));
        Assert.Equal("0:log.a 1:log.b 2:log.a", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Start = ReadStart.First }));
        Assert.Equal("2:log.a", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Start = ReadStart.Last }));
        Assert.Equal("1:log.b 2:log.a", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Start = ReadStart.LastPerKey }));
        Assert.Equal("0:log.a 2:log.a", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Filters = [SubjectFilter.Parse("*.a")] }));
        using var beyond = await node.Client.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("log"), Offset = new Offset(9) });
        Assert.Equal(ErrorCode.OffsetOutOfRange, beyond.Error);
        using var absent = await node.Client.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("nothing") });
        Assert.Equal(ErrorCode.NotFound, absent.Error);
    }

    [Theory, EveryAdapter]
    public async Task A_read_waits_for_what_is_not_there_yet(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("log", "log");
        var reading = node.Client.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("log"), MaxWait = TimeSpan.FromSeconds(30) }).AsTask();
        await node.Client.AppendAsync("log", TestBatch.Of("log"));
        using var read = await reading.WaitAsync(Limits.Deadline);
        Assert.Equal("log", Assert.Single(TestBatch.Read(read.Batches.Span)).Key);
    }

    [Theory, EveryAdapter]
    public async Task Offsets_and_deletes_say_what_is_left(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("log", "log.>");
        await node.Client.AppendAsync("log", TestBatch.At(1_000, "log.a", "log.b", "log.a", "log.c"));
        var offsets = await node.Client.Logs.OffsetsAsync(TestNode.Log("log"), timeMs: 500);
        Assert.Equal((0L, 4L, 0L, 1_000L, 4L), (offsets.Start.Value, offsets.End.Value, offsets.AtTime.Value, offsets.AtTimeTimestampMs, offsets.RecordCount));

        Assert.Equal(1, (await node.Client.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("log"), Filter = SubjectFilter.Parse("log.a"), Keep = 1 })).DeletedRecords);
        Assert.Equal("1:log.b 2:log.a 3:log.c", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Start = ReadStart.First }));
        Assert.Equal(1, (await node.Client.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("log"), Offsets = [new Offset(2)] })).DeletedRecords);
        Assert.Equal(3, (await node.Client.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("log"), BeforeOffset = new Offset(3) })).LogStartOffset.Value);
        Assert.Equal("3:log.c", await ReadAsync(node, new ReadRequest { Log = TestNode.Log("log"), Start = ReadStart.First }));
        Assert.Equal(ErrorCode.NotFound, (await node.Client.Logs.OffsetsAsync(TestNode.Log("absent"))).Error);
    }

    private static async Task<string> ReadAsync(AdaptedNode node, ReadRequest request)
    {
        using var read = await node.Client.Logs.ReadAsync(request);
        Assert.Equal(ErrorCode.None, read.Error);
        // A batch may begin before what was asked for, or what is still there: a reader skips that.
        var from = request.Start == ReadStart.Offset ? Math.Max(request.Offset.Value, read.LogStartOffset.Value) : read.LogStartOffset.Value;
        var records = TestBatch.Read(read.Batches.Span).Where(record => record.Offset >= from);
        return string.Join(' ', records.Select(record => $"{record.Offset}:{record.Key}"));
    }
}
