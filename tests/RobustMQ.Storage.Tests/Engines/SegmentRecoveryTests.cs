using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

public sealed class SegmentRecoveryTests
{
    [Fact]
    public async Task A_write_torn_at_any_byte_of_the_last_batch_leaves_the_batches_before_it()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        world.Append(4);
        await world.Log.FlushAsync(Durability.Durable);
        var whole = (int)world.Log.SizeBytes;
        world.Append(5);
        var torn = (int)world.Log.SizeBytes;
        for (var length = whole; length < torn; length++)
        {
            var after = disk.Restart(AfterCrash.KeepsAll, new Random(1));
            FileOf(after, SegmentNames.Log(0)).SetLength(length);
            var again = await SegmentWorld.OpenAsync(after);
            Assert.Equal(7, again.Log.EndOffset.Value);
            Assert.Equal(whole, again.Log.SizeBytes);
            Assert.Equal(whole, FileOf(after, SegmentNames.Log(0)).Length);
            again.Append(2);
            Assert.Equal(9, (await again.ReadAllAsync()).Read.Count);
            Assert.Empty(again.Engine.Troubles);
        }
    }

    [Fact]
    public async Task Any_byte_of_the_last_batch_lost_before_it_was_synced_leaves_the_batches_before_it()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        await world.Log.FlushAsync(Durability.Durable);
        var whole = (int)world.Log.SizeBytes;
        world.Append(4);
        var end = (int)world.Log.SizeBytes;
        for (var at = whole + RecordBatchPrefix; at < end; at++)
        {
            var after = disk.Restart(AfterCrash.KeepsAll, new Random(1));
            FileOf(after, SegmentNames.Log(0)).Flip(at * 8L);
            var again = await SegmentWorld.OpenAsync(after);
            Assert.Equal(3, again.Log.EndOffset.Value);
            Assert.Equal([0, 1, 2], (await again.ReadAllAsync()).Read);
        }
    }

    [Fact]
    public async Task Zeros_behind_the_last_batch_are_cut_off()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        var size = world.Log.SizeBytes;
        FileOf(disk, SegmentNames.Log(0)).SetLength(10_000);
        var again = await SegmentWorld.OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Assert.Equal((3, size), (again.Log.EndOffset.Value, again.Log.SizeBytes));
        Assert.Equal(size, again.Files.File(SegmentNames.Log(0)).Length);
        Assert.Equal(3, (await again.ReadAllAsync()).Read.Count);
    }

    [Fact]
    public async Task A_hole_in_what_was_never_synced_ends_the_log_and_what_lies_behind_is_kept_aside()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        var hole = (int)world.Log.SizeBytes;
        world.Append(3);
        var behind = (int)world.Log.SizeBytes;
        world.Append(3);
        FileOf(disk, SegmentNames.Log(0)).Write(hole, new byte[behind - hole]);
        var again = await SegmentWorld.OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Assert.Equal(3, again.Log.EndOffset.Value);
        Assert.Contains(again.Files.ListFiles(), name => name.EndsWith(SegmentNames.AsideSuffix, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Missing_and_damaged_indexes_are_made_anew()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        for (var i = 0; i < 40; i++)
            world.Append(3);
        await world.CloseAsync();
        var indexes = world.Files.ListFiles().Where(name => name.EndsWith(SegmentNames.IndexSuffix, StringComparison.Ordinal)).Order().ToList();
        Assert.True(indexes.Count > 4);
        for (var i = 0; i < indexes.Count; i++)
        {
            if (i % 2 == 0)
                world.Files.DeleteFile(indexes[i]);
            else
                world.Files.File(indexes[i]).Flip(8 * (i * 7));
        }
        var again = await SegmentWorld.OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Assert.Equal(120, (await again.ReadAllAsync()).Read.Count);
        Assert.Equal((new Offset(77), 1_077), await again.Log.FindTimeAsync(1_077));
        Assert.Empty(again.Engine.Troubles);
    }

    [Fact]
    public async Task Damage_inside_is_refused_and_reported_and_everything_else_is_served()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        for (var i = 0; i < 40; i++)
            world.Append(3);
        await world.CloseAsync();
        var first = world.Files.File(SegmentNames.Log(0));
        first.Flip(8 * 100);
        var length = first.Length;

        var again = await SegmentWorld.OpenAsync(disk);
        var (read, refused) = await again.ReadAllAsync();
        Assert.Equal([0, 1, 2], refused);
        Assert.Equal(117, read.Count);
        Assert.Equal(new Offset(0), Assert.Single(again.Engine.Troubles).At);
        Assert.Equal(length, first.Length);
        again.Append(1);
        await again.Log.FlushAsync(Durability.Durable);
        Assert.Equal(121, again.Log.EndOffset.Value);
        await using var other = await again.Engine.OpenAsync(new LogId(SegmentWorld.Id.Topic, 1), new LogOptions());
        Assert.Equal(0, other.Append(Support.TestBatch.Of("a"), new Epoch(1), 1).Value);
        await again.CloseAsync();
        Assert.Empty(again.Engine.Troubles);
    }

    /// <summary>In the third batch of a file: its base offset, its length, its magic, a record.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(11)]
    [InlineData(16)]
    [InlineData(100)]
    public async Task A_read_ends_before_damage_and_passes_nothing_over(int at)
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        var length = (int)world.Log.SizeBytes;
        for (var i = 0; i < 40; i++)
            world.Append(3);
        await world.CloseAsync();
        world.Files.File(SegmentNames.Log(0)).Flip(8 * ((2 * length) + at));

        var again = await SegmentWorld.OpenAsync(disk);
        var bytes = new ArrayBufferWriter<byte>();
        var read = await again.Log.ReadAsync(new LogRead { From = Offset.Zero, MaxBytes = 1 << 20 }, bytes);
        Assert.Equal(new LogReadResult(ErrorCode.None, new Offset(6), 2 * length) { IsPlain = true }, read);
        Assert.Equal([0, 1, 2, 3, 4, 5], TestBatch.Read(bytes.WrittenSpan).Select(static record => record.Offset));
        var refusal = await Assert.ThrowsAsync<StorageException>(async () => await again.Log.ReadAsync(new LogRead { From = new Offset(6), MaxBytes = 1 << 20 }, bytes));
        Assert.Equal(ErrorCode.DiskFailure, refusal.Code);
        await again.CloseAsync();
    }

    [Fact]
    public async Task Bytes_that_were_on_the_device_and_are_gone_are_reported_and_never_written_over()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        world.Append(3);
        await world.CloseAsync();
        var file = world.Files.File(SegmentNames.Log(0));
        file.SetLength(file.Length - 10);
        var again = await SegmentWorld.OpenAsync(disk);
        Assert.Single(again.Engine.Troubles);
        Assert.Equal(6, again.Log.EndOffset.Value);
        again.Append(3);
        var (read, refused) = await again.ReadAllAsync();
        Assert.Equal([0, 1, 2, 6, 7, 8], read);
        Assert.Equal([3, 4, 5], refused);
    }

    [Theory]
    [InlineData(SegmentNames.IndexSuffix)]
    [InlineData(SegmentNames.Journal)]
    [InlineData(SegmentNames.Snapshot)]
    public async Task Files_of_a_newer_version_are_refused_and_stay(string suffix)
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        world.Log.Delete([new Offset(1)]);
        world.Log.SaveSnapshot("state"u8);
        await world.CloseAsync();
        var file = world.Files.File(world.Files.ListFiles().Single(name => name.EndsWith(suffix, StringComparison.Ordinal)));
        Newer.Version(file, suffix);
        var before = world.Files.ListFiles().Order();
        var refusal = await Assert.ThrowsAsync<StorageException>(async () =>
        {
            var again = await SegmentWorld.OpenAsync(disk);
            again.Log.LoadSnapshot();
        });
        Assert.Equal(ErrorCode.Unsupported, refusal.Code);
        Assert.Equal(before, world.Files.ListFiles().Order());
    }

    [Fact]
    public async Task Removed_records_and_the_start_survive_a_crash_once_they_are_durable()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        for (var i = 0; i < 20; i++)
            world.Append(3);
        world.Log.DeleteBefore(new Offset(10));
        world.Log.Delete([new Offset(12), new Offset(33), new Offset(34)]);
        await world.Log.FlushAsync(Durability.Durable);
        var again = await SegmentWorld.OpenAsync(disk.Restart(AfterCrash.LosesUnsynced, new Random(1)));
        Assert.Equal(10, again.Log.StartOffset.Value);
        Assert.Equal(47, again.Log.RecordCount);
        Assert.Equal(Enumerable.Range(10, 50).Select(offset => (long)offset).Except([12L, 33, 34]), (await again.ReadAllAsync()).Read);
    }

    [Fact]
    public async Task A_snapshot_survives_and_one_that_speaks_of_lost_records_does_not()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        await world.Log.FlushAsync(Durability.Durable);
        Assert.Null(world.Log.LoadSnapshot());
        world.Log.SaveSnapshot("three"u8);
        var after = disk.Restart(AfterCrash.LosesUnsynced, new Random(1));
        var snapshot = (await SegmentWorld.OpenAsync(after)).Log.LoadSnapshot()!.Value;
        Assert.Equal((new Offset(3), "three"), (snapshot.End, System.Text.Encoding.UTF8.GetString(snapshot.Bytes.Span)));

        world.Append(3);
        world.Log.SaveSnapshot("six"u8);
        after = disk.Restart(AfterCrash.LosesUnsynced, new Random(1));
        var again = await SegmentWorld.OpenAsync(after);
        Assert.Equal(3, again.Log.EndOffset.Value);
        Assert.Null(again.Log.LoadSnapshot());
        again.Append(9);
        Assert.Null(again.Log.LoadSnapshot());
    }

    [Fact]
    public async Task Compaction_gives_space_back_and_keeps_what_is_left_where_it_was()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk, new LogOptions { Retention = new Retention { MaxRecordsPerKey = 1 } });
        for (var i = 0; i < 400; i++)
            world.Append(3, keys: 10);
        var before = world.Log.SizeBytes;
        world.Log.ApplyRetention(0);
        Assert.InRange(world.Log.SizeBytes, 100, before);
        Assert.Equal(10, world.Log.RecordCount);
        Assert.Equal(Enumerable.Range(1_190, 10).Select(offset => (long)offset), (await world.ReadAllAsync()).Read);
        await world.CloseAsync();
        var again = await SegmentWorld.OpenAsync(disk.Restart(AfterCrash.LosesUnsynced, new Random(1)), new LogOptions { Retention = new Retention { MaxRecordsPerKey = 1 } });
        Assert.Equal(10, again.Log.RecordCount);
        Assert.Equal(1_200, again.Log.EndOffset.Value);
        Assert.Equal(Enumerable.Range(1_190, 10).Select(offset => (long)offset), (await again.ReadAllAsync()).Read);
        Assert.Empty(again.Engine.Troubles);
    }

    [Fact]
    public async Task A_tombstone_stays_for_its_time_and_then_goes()
    {
        var world = await SegmentWorld.OpenAsync(
            new FaultyDisk(), new LogOptions { Retention = new Retention { MaxRecordsPerKey = 1 } }, SmallSegments.Options with { TombstoneRetentionMs = 100 });
        using var builder = new Records.Batches.RecordBatchBuilder();
        builder.AppendNullable(1_000, Records.Batches.RecordAttributes.None, "k"u8.ToArray(), null);
        world.Append(1, keys: 1);
        world.Log.Append(builder.Build().Span, new Epoch(1), 0);
        Assert.Equal(0, world.Log.ApplyRetention(1_100));
        Assert.Equal(2, world.Log.RecordCount);
        Assert.Equal(1, world.Log.ApplyRetention(1_101));
        Assert.Equal(Offset.None, world.Log.FindLastOfKey("k"u8));
    }

    [Fact]
    public async Task Segments_that_retention_leaves_behind_are_deleted_from_the_disk()
    {
        var world = await SegmentWorld.OpenAsync(new FaultyDisk(), new LogOptions { Retention = new Retention { MaxBytes = 5_000 } });
        for (var i = 0; i < 300; i++)
            world.Append(3);
        var bytes = world.Files.ListFiles().Where(name => name.EndsWith(SegmentNames.LogSuffix, StringComparison.Ordinal)).Sum(name => world.Files.File(name).Length);
        Assert.InRange(bytes, world.Log.SizeBytes, 8_000);
    }

    [Fact]
    public async Task One_sync_serves_everybody_who_waits_and_a_busy_volume_is_synced_at_once()
    {
        var disk = new FaultyDisk();
        await using var engine = new SegmentLogEngine([disk.Root], new SegmentOptions { RunsInPlace = true }, NullLogger.Instance);
        var logs = new List<ILog>();
        for (var i = 0; i < 50; i++)
            logs.Add(await engine.OpenAsync(new LogId(SegmentWorld.Id.Topic, i), new LogOptions()));
        foreach (var log in logs)
            log.Append(Support.TestBatch.Of("a"), new Epoch(1), 1);
        var before = disk.Syncs;
        await Task.WhenAll(logs.Select(log => log.FlushAsync(Durability.Durable).AsTask()));
        Assert.InRange(disk.Syncs - before, 1, 12);
        var after = new SegmentLogEngine([disk.Restart(AfterCrash.LosesUnsynced, new Random(1)).Root], new SegmentOptions(), NullLogger.Instance);
        Assert.Equal(50, after.List().Count);
        foreach (var id in after.List())
            Assert.Equal(1, (await after.OpenAsync(id, new LogOptions())).EndOffset.Value);
    }

    [Fact]
    public async Task Open_files_stay_within_their_bound_over_many_logs()
    {
        var disk = new FaultyDisk();
        await using var engine = new SegmentLogEngine([disk.Root], new SegmentOptions { OpenFilesMax = 10, RunsInPlace = true }, NullLogger.Instance);
        var logs = new List<ILog>();
        for (var i = 0; i < 200; i++)
            logs.Add(await engine.OpenAsync(new LogId(SegmentWorld.Id.Topic, i), new LogOptions()));
        for (var round = 0; round < 3; round++)
        {
            foreach (var log in logs)
                log.Append(Support.TestBatch.Of("a"), new Epoch(1), 1);
            Assert.InRange(disk.OpenFiles, 1, 10);
        }
        Assert.All(logs, log => Assert.Equal(3, log.RecordCount));
    }

    [Fact]
    public async Task A_log_whose_sync_failed_takes_no_more_until_it_is_opened_again_and_others_live_on()
    {
        var disk = new FaultyDisk { SyncsVolume = false };
        var world = await SegmentWorld.OpenAsync(disk);
        await using var other = await world.Engine.OpenAsync(new LogId(SegmentWorld.Id.Topic, 1), new LogOptions());
        world.Append(3);
        await world.Log.FlushAsync(Durability.Durable);
        disk.Fails = (operation, path) => operation == "sync" && path.EndsWith("-0/00000000000000000000.log", StringComparison.Ordinal);
        world.Append(3);
        await Assert.ThrowsAsync<StorageException>(async () => await world.Log.FlushAsync(Durability.Durable));
        disk.Fails = null;
        await Assert.ThrowsAsync<StorageException>(async () => await world.Log.FlushAsync(Durability.Durable));
        Assert.Equal(ErrorCode.DiskFailure, Assert.Throws<StorageException>(() => world.Append(1)).Code);
        Assert.Single(world.Engine.Troubles);
        other.Append(Support.TestBatch.Of("a"), new Epoch(1), 1);
        await other.FlushAsync(Durability.Durable);
        Assert.Equal(6, (await world.ReadAllAsync()).Read.Count);

        await world.Log.DisposeAsync();
        var again = await SegmentWorld.OpenAsync(disk.Restart(AfterCrash.LosesUnsynced, new Random(1)));
        Assert.Equal(3, again.Log.EndOffset.Value);
        again.Append(3);
        await again.Log.FlushAsync(Durability.Durable);
    }

    [Fact]
    public async Task A_full_disk_refuses_the_append_and_takes_the_next_when_there_is_room()
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        world.Append(3);
        disk.Fails = (operation, _) => operation is "write" or "create";
        for (var i = 0; i < 3; i++)
            Assert.Equal(ErrorCode.DiskFailure, Assert.Throws<StorageException>(() => world.Append(3)).Code);
        Assert.Equal(3, world.Log.EndOffset.Value);
        disk.Fails = null;
        for (var i = 0; i < 20; i++)
            world.Append(3);
        await world.Log.FlushAsync(Durability.Durable);
        var again = await SegmentWorld.OpenAsync(disk.Restart(AfterCrash.LosesUnsynced, new Random(1)));
        Assert.Equal(63, (await again.ReadAllAsync()).Read.Count);
    }

    private const int RecordBatchPrefix = 16;

    private static FaultyFile FileOf(FaultyDisk disk, string name) => ((FaultyDirectory)disk.Root.Open(SegmentWorld.Id.ToString())).File(name);
}
