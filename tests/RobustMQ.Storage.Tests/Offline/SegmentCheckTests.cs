using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Recovery;
using RobustMQ.Storage.Offline;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Engines;

namespace RobustMQ.Storage.Tests.Offline;

/// <summary>What <c>verify</c> says of the segment engine's files.</summary>
public sealed class SegmentCheckTests
{
    private const int Records = 120;

    [Fact]
    public async Task A_closed_log_is_sound_and_read_whole()
    {
        var report = Check(await WriteAsync(close: true));
        Assert.Empty(report.Findings);
        Assert.Equal((2, Records + 2), (report.Logs, report.Records));
    }

    [Fact]
    public async Task A_log_that_was_left_open_is_sound()
    {
        Assert.True(Check(await WriteAsync(close: false)).IsSound);
    }

    [Fact]
    public async Task A_compacted_and_truncated_log_is_sound()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        for (var i = 0; i < Records / 3; i++)
            world.Append(3);
        world.Log.Delete([.. Enumerable.Range(1, 60).Where(offset => offset % 4 != 0).Select(offset => new Offset(offset))]);
        world.Log.ApplyRetention(0);
        await world.Engine.SettleAsync();
        world.Log.TruncateTo(new Offset(Records - 10));
        world.Append(3);
        await world.CloseAsync();
        var report = Check(disk);
        Assert.True(report.IsSound, string.Join('\n', report.Findings));
        Assert.True(report.Records < Records - 20, "nothing was compacted");
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_closed_log_is_found()
    {
        var disk = await WriteAsync(close: true);
        var seed = Environment.TickCount;
        for (var round = 0; round < 2_000; round++)
        {
            var random = new Random(seed + round);
            var damaged = disk.Restart(AfterCrash.KeepsAll, random);
            var files = (FaultyDirectory)damaged.Root.Open(SegmentWorld.Id.ToString());
            var names = files.ListFiles();
            var name = names[random.Next(names.Count)];
            var bit = random.NextInt64(files.File(name).Length * 8L);
            if (IsLeaderEpoch(files.File(name), name, bit / 8) || IsUnchecked(name, bit / 8))
                continue;
            files.File(name).Flip(bit);
            Assert.False(Check(damaged).IsSound, $"seed {seed + round}: bit {bit} of {name} was not noticed");
        }
    }

    [Fact]
    public async Task What_a_crash_tore_is_a_note_and_what_was_whole_once_is_damage()
    {
        var disk = await WriteAsync(close: false);
        var files = (FaultyDirectory)disk.Root.Open(SegmentWorld.Id.ToString());
        var last = files.ListFiles().Where(name => SegmentNames.BaseOffsetOf(name, SegmentNames.LogSuffix) >= 0).Max()!;
        files.File(last).SetLength(files.File(last).Length - 3);
        var torn = Check(disk);
        Assert.True(torn.IsSound);
        Assert.Contains(torn.Findings, finding => finding.Path.EndsWith(last, StringComparison.Ordinal) && finding.What.Contains("cuts them off", StringComparison.Ordinal));

        var first = SegmentNames.Log(0);
        files.File(first).SetLength(files.File(first).Length - 3);
        var cut = Check(disk);
        Assert.Contains(cut.Findings, finding => finding.Kind == FindingKind.Damage && finding.Path.EndsWith(first, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_check_changes_nothing()
    {
        var disk = await WriteAsync(close: false);
        var before = disk.Operations;
        Check(disk);
        Assert.Equal(before, disk.Operations);
    }

    internal static CheckReport Check(FaultyDisk disk)
    {
        using var stored = new StoredSegments([disk.Root]);
        var report = new CheckReport();
        stored.CheckRest(report);
        foreach (var log in stored.List())
            stored.Check(log, report);
        return report;
    }

    private static async Task<FaultyDisk> WriteAsync(bool close)
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        for (var i = 0; i < Records / 3; i++)
            world.Append(3);
        world.Log.Delete([new Offset(7), new Offset(50), new Offset(51)]);
        world.Log.SaveSnapshot(EmptySnapshot);
        await using (var other = await world.Engine.OpenAsync(new LogId(SegmentWorld.Id.Topic, 1), new LogOptions()))
        {
            other.Append(Support.TestBatch.Of("a", "b"), new Epoch(1), 1);
        }
        await world.Log.FlushAsync(Durability.Durable);
        await world.Engine.SettleAsync();
        if (close)
            await world.CloseAsync();
        return disk;
    }

    /// <summary>Version 1, no producers, no message ids.</summary>
    private static byte[] EmptySnapshot => [1, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>The one field of a batch that nothing checks, except in the last of a segment.</summary>
    private static bool IsLeaderEpoch(FaultyFile file, string name, long at)
    {
        if (SegmentNames.BaseOffsetOf(name, SegmentNames.LogSuffix) < 0)
            return false;
        var batch = 0;
        while (batch + new RecordBatchHeader(file.Current.AsSpan(batch)).TotalBytes <= at)
            batch += (int)new RecordBatchHeader(file.Current.AsSpan(batch)).TotalBytes;
        return at - batch is >= 12 and < 16;
    }

    /// <summary>Journal entries that were never proven to be on the device: a damaged one cannot be told from a torn one, which is a note.</summary>
    private static bool IsUnchecked(string name, long at) => name == SegmentNames.Journal && at >= 20;
}
