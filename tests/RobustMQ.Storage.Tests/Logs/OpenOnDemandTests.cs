using System.Diagnostics;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>Logs of the rocksdb engine are opened when somebody asks for them and closed when nobody does.</summary>
public sealed class OpenOnDemandTests
{
    private const int Topics = 40;

    private static readonly StorageOptions Few = new() { OpenLogsMax = 4, IdleLogTicks = 3 };

    [Fact]
    public async Task Logs_that_nobody_uses_are_closed_and_serve_again_when_asked()
    {
        await using var disk = await DiskNode.OpenAsync(Few);
        for (var i = 0; i < Topics; i++)
        {
            await disk.CreateAsync($"box-{i}", EngineKind.RocksDb);
            await disk.AppendAsync($"box-{i}", TestBatch.ByProducer(7, 1, 0, $"box-{i}.a"));
        }
        await TickUntilAsync(disk, () => Task.FromResult(disk.Node.OpenLogs <= Few.OpenLogsMax), "idle logs are closed");
        for (var i = 0; i < Topics; i++)
        {
            var repeated = await disk.AppendAsync($"box-{i}", TestBatch.ByProducer(7, 1, 0, $"box-{i}.a"));
            Assert.True(repeated is { IsDuplicate: true, BaseOffset.Value: 0 }, "a producer is known to a log that was closed");
            Assert.Equal(1, (await disk.AppendAsync($"box-{i}", TestBatch.ByProducer(7, 1, 1, $"box-{i}.b"))).BaseOffset.Value);
            Assert.Equal("x x", await disk.ValuesAsync($"box-{i}"));
        }
    }

    [Fact]
    public async Task A_reader_that_waits_keeps_its_log_open()
    {
        await using var disk = await DiskNode.OpenAsync(Few);
        await disk.CreateAsync("box", EngineKind.RocksDb);
        var waiting = disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.First, MaxWait = TimeSpan.FromMinutes(4) }).AsTask();
        for (var tick = 0; tick < 10; tick++)
            disk.Time.Advance(TimeSpan.FromSeconds(1));
        await disk.AppendAsync("box", TestBatch.Of("box.a"));
        using var read = await waiting;
        Assert.Equal(ErrorCode.None, read.Error);
        Assert.Equal(["box.a"], TestBatch.Read(read.Batches.Span).Select(record => record.Key));
    }

    [Fact]
    public async Task What_expires_in_a_closed_log_is_removed_all_the_same()
    {
        await using var disk = await DiskNode.OpenAsync(Few);
        for (var i = 0; i < Topics; i++)
        {
            await disk.CreateAsync($"box-{i}", EngineKind.RocksDb);
            await disk.AppendAsync($"box-{i}", DiskNode.Record($"box-{i}.a", "short", expiresAtMs: disk.Time.NowMs + 600_000));
            await disk.AppendAsync($"box-{i}", DiskNode.Record($"box-{i}.a", "long"));
        }
        await TickUntilAsync(disk, () => Task.FromResult(disk.Node.OpenLogs <= Few.OpenLogsMax), "idle logs are closed");
        disk.Time.Advance(TimeSpan.FromMinutes(10));
        await TickUntilAsync(disk, async () => await CountRecordsAsync(disk) == Topics, "expired records are removed");
        Assert.Equal("long", await disk.ValuesAsync("box-7"));
    }

    private static async Task<long> CountRecordsAsync(DiskNode disk)
    {
        var total = 0L;
        for (var i = 0; i < Topics; i++)
            total += (await disk.Node.Logs.OffsetsAsync(TestNode.Log($"box-{i}"))).RecordCount;
        return total;
    }

    /// <summary>Lets seconds pass until retention, which goes at its own pace, has done something.</summary>
    private static async Task TickUntilAsync(DiskNode disk, Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1), $"did not happen: {what}");
            disk.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }
}
