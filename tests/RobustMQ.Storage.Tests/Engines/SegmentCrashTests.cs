using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Offline;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>Power is lost at every single disk operation of a scenario, with each idea of what a disk may keep; then the log is opened again.</summary>
public sealed class SegmentCrashTests
{
    private static readonly Func<SegmentWorld, Promise, Task>[] Scenarios =
    [
        AppendAndRollAsync, DeleteAndRetainAsync, CompactAsync, TruncateAsync,
    ];

    [Theory]
    [InlineData(0, AfterCrash.KeepsAll)]
    [InlineData(0, AfterCrash.LosesUnsynced)]
    [InlineData(0, AfterCrash.KeepsSome)]
    [InlineData(1, AfterCrash.KeepsAll)]
    [InlineData(1, AfterCrash.LosesUnsynced)]
    [InlineData(1, AfterCrash.KeepsSome)]
    [InlineData(2, AfterCrash.KeepsAll)]
    [InlineData(2, AfterCrash.LosesUnsynced)]
    [InlineData(2, AfterCrash.KeepsSome)]
    [InlineData(3, AfterCrash.KeepsAll)]
    [InlineData(3, AfterCrash.LosesUnsynced)]
    [InlineData(3, AfterCrash.KeepsSome)]
    public async Task What_was_durable_is_there_after_a_crash_at_every_operation(int scenario, AfterCrash mode)
    {
        var isOver = false;
        for (var crashAt = 1; !isOver; crashAt++)
        {
            var disk = new FaultyDisk { CrashAt = crashAt };
            var promise = new Promise();
            isOver = await RunAsync(disk, Scenarios[scenario], promise);
            for (var seed = 0; seed < (mode == AfterCrash.KeepsSome ? 5 : 1); seed++)
                await CheckAsync(disk.Restart(mode, new Random(crashAt * 31 + seed)), promise, $"operation {crashAt}, seed {seed}");
        }
    }

    private static async Task<bool> RunAsync(FaultyDisk disk, Func<SegmentWorld, Promise, Task> scenario, Promise promise)
    {
        try
        {
            var world = await SegmentWorld.OpenAsync(disk, promise.Options);
            await scenario(world, promise);
            await world.CloseAsync();
            return !disk.IsCrashed;
        }
        catch (StorageException)
        {
            Assert.True(disk.IsCrashed);
            return false;
        }
    }

    private static async Task CheckAsync(FaultyDisk disk, Promise promise, string where)
    {
        var stored = SegmentCheckTests.Check(disk);
        Assert.True(stored.IsSound, $"{where}: {string.Join("; ", stored.Findings)}");
        var world = await SegmentWorld.OpenAsync(disk, promise.Options);
        var (read, refused) = await world.ReadAllAsync();
        Assert.True(refused.Count == 0, $"{where}: offsets {string.Join(',', refused)} are refused");
        Assert.True(world.Engine.Troubles.Count == 0, $"{where}: {string.Join("; ", world.Engine.Troubles)}");
        Assert.True(read.Count == world.Log.RecordCount, $"{where}: {read.Count} records, not {world.Log.RecordCount}");
        Assert.True(world.Log.EndOffset.Value >= promise.DurableEnd && world.Log.EndOffset.Value <= promise.AppendedEnd, $"{where}: end {world.Log.EndOffset}");
        foreach (var offset in promise.Durable)
            Assert.True(read.Contains(offset), $"{where}: offset {offset} is lost");
        foreach (var offset in promise.DurablyGone)
            Assert.True(!read.Contains(offset), $"{where}: offset {offset} is back");
        world.Append(3);
        await world.Log.FlushAsync(Durability.Durable);
        await world.CloseAsync();
        var again = await SegmentWorld.OpenAsync(disk, promise.Options);
        Assert.True(read.Count + 3 == (await again.ReadAllAsync()).Read.Count, where);
    }

    private static async Task AppendAndRollAsync(SegmentWorld world, Promise promise)
    {
        for (var i = 0; i < 24; i++)
        {
            promise.Appends(3);
            world.Append(3);
            if (i % 3 != 0)
                continue;
            await world.Log.FlushAsync(Durability.Durable);
            promise.IsDurable();
        }
    }

    private static async Task DeleteAndRetainAsync(SegmentWorld world, Promise promise)
    {
        await AppendAndRollAsync(world, promise);
        for (var i = 0; i < 12; i++)
        {
            promise.Goes(offset => offset < i * 5 || offset == i * 5 + 2);
            world.Log.DeleteBefore(new Offset(i * 5));
            world.Log.Delete([new Offset(i * 5 + 2)]);
            world.Log.ApplyRetention(0);
            promise.Appends(3);
            world.Append(3);
            await world.Log.FlushAsync(Durability.Durable);
            promise.IsDurable();
        }
    }

    private static async Task CompactAsync(SegmentWorld world, Promise promise)
    {
        await AppendAndRollAsync(world, promise);
        var odd = Enumerable.Range(1, 60).Where(offset => offset % 4 != 0).ToList();
        foreach (var part in odd.Chunk(15))
        {
            promise.Goes(offset => part.Contains((int)offset));
            world.Log.Delete([.. part.Select(offset => new Offset(offset))]);
            await world.Log.FlushAsync(Durability.Durable);
            promise.IsDurable();
            world.Log.ApplyRetention(0);
        }
        promise.Appends(3);
        world.Append(3);
    }

    private static async Task TruncateAsync(SegmentWorld world, Promise promise)
    {
        await AppendAndRollAsync(world, promise);
        foreach (var end in (int[])[70, 61, 60, 40, 20])
        {
            promise.Truncates(end);
            world.Log.TruncateTo(new Offset(end));
            promise.IsTruncated(end);
            promise.Appends(3);
            world.Append(3);
            await world.Log.FlushAsync(Durability.Durable);
            promise.IsDurable();
        }
    }

    /// <summary>What a scenario was told is safe.</summary>
    private sealed class Promise
    {
        private readonly SortedSet<long> _appended = [];
        private readonly SortedSet<long> _going = [];

        public LogOptions Options { get; } = new() { Retention = Retention.Unlimited };

        public SortedSet<long> Durable { get; private set; } = [];

        public SortedSet<long> DurablyGone { get; private set; } = [];

        public long DurableEnd { get; private set; }

        public long AppendedEnd { get; private set; }

        private long _end;

        public void Appends(int records)
        {
            for (var i = 0; i < records; i++)
                _appended.Add(_end++);
            AppendedEnd = Math.Max(AppendedEnd, _end);
        }

        public void IsDurable()
        {
            Durable = [.. _appended];
            DurablyGone = [.. _going];
            DurableEnd = _end;
        }

        /// <summary>From now on nobody may count on these, and once it is durable they must stay away.</summary>
        public void Goes(Func<long, bool> which)
        {
            _going.UnionWith(_appended.Where(which));
            _appended.RemoveWhere(offset => which(offset));
            Durable.RemoveWhere(offset => which(offset));
        }

        public void Truncates(long end)
        {
            Durable.RemoveWhere(offset => offset >= end);
            _appended.RemoveWhere(offset => offset >= end);
            DurableEnd = Math.Min(DurableEnd, end);
        }

        public void IsTruncated(long end)
        {
            _end = end;
        }
    }
}
