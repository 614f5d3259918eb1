using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Tests.Disk;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>Single bits of every kind of file flip: nothing wrong is ever served, what is missing is reported, and another log notices nothing.</summary>
public sealed class SegmentBitFlipTests
{
    private const int Records = 120;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flipped_bit_is_noticed_or_does_no_harm(bool wasClosed)
    {
        var disk = await WriteAsync(wasClosed);
        var seed = Environment.TickCount;
        for (var round = 0; round < 5_000; round++)
        {
            var random = new Random(seed + round);
            var damaged = disk.Restart(AfterCrash.KeepsAll, random);
            var files = (FaultyDirectory)damaged.Root.Open(SegmentWorld.Id.ToString());
            var names = files.ListFiles();
            var name = names[random.Next(names.Count)];
            if (files.File(name).Length == 0)
                continue;
            var bit = random.NextInt64(files.File(name).Length * 8L);
            files.File(name).Flip(bit);
            await CheckAsync(damaged, name, wasClosed, $"seed {seed + round}: bit {bit} of {name}");
        }
    }

    private static async Task<FaultyDisk> WriteAsync(bool close)
    {
        var disk = new FaultyDisk();
        var world = await SegmentWorld.OpenAsync(disk);
        for (var i = 0; i < Records / 3; i++)
            world.Append(3);
        world.Log.Delete([new Offset(7), new Offset(50), new Offset(51)]);
        world.Log.SaveSnapshot("snapshot"u8);
        await using (var other = await world.Engine.OpenAsync(new LogId(SegmentWorld.Id.Topic, 1), new LogOptions()))
        {
            other.Append(Support.TestBatch.Of("a", "b"), new Epoch(1), 1);
        }
        await world.Log.FlushAsync(Durability.Durable);
        if (close)
            await world.CloseAsync();
        return disk;
    }

    private static async Task CheckAsync(FaultyDisk disk, string name, bool wasClosed, string where)
    {
        var world = await SegmentWorld.OpenAsync(disk);
        try
        {
            // Reading asserts that every payload is the one that was written.
            var (read, refused) = await world.ReadAllAsync();
            var snapshot = world.Log.LoadSnapshot();
            Assert.True(snapshot is null || snapshot.Value.Bytes.Span.SequenceEqual("snapshot"u8), where);
            var isWhole = read.Count == Records - 3 && !read.Overlaps([7L, 50, 51]);
            // After a crash the end of the last segment and of the journal may have been unfinished: what is cut there cannot be told from damage.
            var mayBeTorn = !wasClosed && (name == SegmentNames.Journal || name == LastLog(world));
            Assert.True(isWhole || world.Engine.Troubles.Count > 0 || mayBeTorn, $"{where}: {read.Count} read, {refused.Count} refused and nobody was told");
            Assert.True(read.Count >= (mayBeTorn && name != SegmentNames.Journal ? Records - 30 : Records - 15), $"{where}: only {read.Count} records are left");
            await using var other = await world.Engine.OpenAsync(new LogId(SegmentWorld.Id.Topic, 1), new LogOptions());
            Assert.True(other.RecordCount == 2, where);
        }
        finally
        {
            await world.CloseAsync();
        }
    }

    private static string LastLog(SegmentWorld world) =>
        world.Files.ListFiles().Where(name => SegmentNames.BaseOffsetOf(name, SegmentNames.LogSuffix) >= 0).Max()!;
}
