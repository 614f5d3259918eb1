using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Offline;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>Power is lost at every single disk operation while logs come and go, and while snapshots are saved.</summary>
public sealed class SegmentLifeCrashTests
{
    private const int Logs = 4;

    [Theory]
    [InlineData(AfterCrash.KeepsAll)]
    [InlineData(AfterCrash.LosesUnsynced)]
    [InlineData(AfterCrash.KeepsSome)]
    public async Task A_log_that_was_created_is_there_and_one_that_was_deleted_is_not(AfterCrash mode)
    {
        var isOver = false;
        for (var crashAt = 1; !isOver; crashAt++)
        {
            var disk = new FaultyDisk { CrashAt = crashAt };
            var life = new Life();
            isOver = await LiveAsync(disk, life);
            for (var seed = 0; seed < (mode == AfterCrash.KeepsSome ? 5 : 1); seed++)
                await CheckAsync(disk.Restart(mode, new Random(crashAt * 31 + seed)), life, $"operation {crashAt}, seed {seed}");
        }
    }

    [Theory]
    [InlineData(AfterCrash.KeepsAll)]
    [InlineData(AfterCrash.LosesUnsynced)]
    [InlineData(AfterCrash.KeepsSome)]
    public async Task The_snapshot_that_is_found_was_saved_and_holds_for_the_log(AfterCrash mode)
    {
        var isOver = false;
        for (var crashAt = 1; !isOver; crashAt++)
        {
            var disk = new FaultyDisk { CrashAt = crashAt };
            var saved = -1;
            try
            {
                var world = await SegmentWorld.OpenAsync(disk);
                for (var i = 0; i < 8; i++)
                {
                    world.Append(3);
                    await world.Log.FlushAsync(Durability.Durable);
                    world.Log.SaveSnapshot(Encoding.UTF8.GetBytes($"{world.Log.EndOffset}"));
                    saved = i;
                }
                await world.CloseAsync();
                isOver = !disk.IsCrashed;
            }
            catch (StorageException)
            {
                Assert.True(disk.IsCrashed);
            }
            var again = await SegmentWorld.OpenAsync(disk.Restart(mode, new Random(crashAt)));
            var snapshot = again.Log.LoadSnapshot();
            Assert.True(saved < 0 || snapshot is not null, $"operation {crashAt}: no snapshot, though {saved} was saved");
            if (snapshot is not { } found)
                continue;
            Assert.Equal($"{found.End}", Encoding.UTF8.GetString(found.Bytes.Span));
            Assert.InRange(found.End.Value, (saved + 1) * 3L, again.Log.EndOffset.Value);
        }
    }

    private static async Task<bool> LiveAsync(FaultyDisk disk, Life life)
    {
        try
        {
            var engine = Open(disk);
            for (var i = 0; i < Logs; i++)
            {
                await using var log = await engine.OpenAsync(IdOf(i), new LogOptions());
                log.Append(TestBatch.Of("a", "b"), new Epoch(1), 0);
                await log.FlushAsync(Durability.Durable);
                life.There.Add(i);
            }
            for (var i = 0; i < Logs; i += 2)
            {
                life.There.Remove(i);
                await engine.DeleteAsync(IdOf(i));
                life.Gone.Add(i);
            }
            await engine.DisposeAsync();
            return !disk.IsCrashed;
        }
        catch (StorageException)
        {
            Assert.True(disk.IsCrashed);
            return false;
        }
    }

    private static async Task CheckAsync(FaultyDisk disk, Life life, string where)
    {
        Assert.True(SegmentCheckTests.Check(disk).IsSound, where);
        var engine = Open(disk);
        var found = engine.List();
        foreach (var i in life.Gone)
            Assert.True(!found.Contains(IdOf(i)), $"{where}: log {i} is back");
        foreach (var i in life.There)
        {
            Assert.True(found.Contains(IdOf(i)), $"{where}: log {i} is lost");
            await using var log = await engine.OpenAsync(IdOf(i), new LogOptions());
            Assert.True(log.RecordCount == 2, $"{where}: log {i} has {log.RecordCount} records");
        }
        Assert.True(engine.Troubles.Count == 0, where);
        Assert.DoesNotContain(disk.Root.ListDirectories(), name => name.EndsWith(SegmentLogEngine.DeletedSuffix, StringComparison.Ordinal));
        await engine.DisposeAsync();
    }

    private static SegmentLogEngine Open(FaultyDisk disk) => new([disk.Root], SmallSegments.Options, NullLogger.Instance);

    private static LogId IdOf(int log) => new(SegmentWorld.Id.Topic, log);

    /// <summary>What was promised: logs whose deletion was begun and not answered may be either.</summary>
    private sealed class Life
    {
        public HashSet<int> There { get; } = [];

        public HashSet<int> Gone { get; } = [];
    }
}
