using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>Whoever reads at the end of a log is served from memory; what was removed is not in it any more.</summary>
public sealed class TailReadTests
{
    [Theory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task Ten_readers_at_the_end_of_a_log_cost_no_read_of_the_disk(EngineKind engine)
    {
        const int Readers = 10;
        const int Batches = 20;
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("t", engine);
        var before = disk.Node.Stats;
        for (var batch = 0; batch < Batches; batch++)
        {
            var reads = Enumerable.Range(0, Readers).Select(_ => ReadAsync(disk, batch, TimeSpan.FromMinutes(1))).ToList();
            await disk.AppendAsync("t", TestBatch.OfValues("k", $"{batch}"));
            foreach (var seen in await Task.WhenAll(reads))
                Assert.Equal($"{batch}", Assert.Single(seen).Value);
        }
        Assert.Equal(before.LogReads, disk.Node.Stats.LogReads);
    }

    [Theory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task What_was_deleted_is_gone_for_those_who_read_at_the_end_too(EngineKind engine)
    {
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("t", engine);
        await disk.AppendAsync("t", TestBatch.OfValues("k", "0", "1", "2"));
        await disk.AppendAsync("t", TestBatch.OfValues("k", "3", "4"));
        Assert.Equal(1, (await disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), Offsets = [new Offset(1)] })).DeletedRecords);
        Assert.Equal(["0", "2", "3", "4"], (await ReadAsync(disk, 0)).Select(static record => record.Value));
        Assert.Equal(1, (await disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), Offsets = [new Offset(4)] })).DeletedRecords);
        Assert.Equal(["3"], (await ReadAsync(disk, 3)).Select(static record => record.Value));
        Assert.Equal(2, (await disk.Node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("t"), BeforeOffset = new Offset(3) })).DeletedRecords);
        await disk.AppendAsync("t", TestBatch.OfValues("k", "5"));
        Assert.Equal(["3", "5"], (await ReadAsync(disk, 3)).Select(static record => record.Value));
    }

    [Theory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task What_another_record_of_its_key_displaced_is_gone_as_well(EngineKind engine)
    {
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("t", engine, static spec => spec with { Retention = new Retention { MaxRecordsPerKey = 1 } });
        for (var i = 0; i < 5; i++)
            await disk.AppendAsync("t", TestBatch.OfValues($"k{i % 2}", $"{i}"));
        Assert.Equal(["3", "4"], (await ReadAsync(disk, 3)).Select(static record => record.Value));
        await disk.AppendAsync("t", TestBatch.OfValues("k1", "5"));
        Assert.Equal(["4", "5"], (await ReadAsync(disk, 4)).Select(static record => record.Value));
    }

    private static async Task<List<SeenRecord>> ReadAsync(DiskNode disk, long from, TimeSpan maxWait = default)
    {
        using var read = await disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("t"), Offset = new Offset(from), MaxWait = maxWait });
        Assert.Equal(ErrorCode.None, read.Error);
        return TestBatch.Read(read.Batches.Span).FindAll(record => record.Offset >= from);
    }
}
