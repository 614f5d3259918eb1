using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Support;
using RocksDbDatabase = RobustMQ.Storage.Engines.RocksDb.RocksDbMetadataStore;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>An append displaces an older record that cannot be read any more: the new one is in the log, and whoever appended it must not be told that it is not.</summary>
public sealed class RefusedRemovalTests : IDisposable
{
    private static readonly LogOptions OneOfEachKey = new() { Retention = new Retention { MaxRecordsPerKey = 1 } };

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_append_that_displaces_a_damaged_record_of_the_database_succeeds()
    {
        var id = SegmentWorld.Id;
        await using (var engine = new RocksDbLogEngine(_directory))
        {
            await using var log = await engine.OpenAsync(id, OneOfEachKey);
            log.Append(TestBatch.Of("a"), new Epoch(1), 1);
        }
        using (var database = RocksDbDatabase.Open(_directory))
        {
            var key = RocksDbKeys.Batch(id, 0);
            var batch = database.Find(key)!;
            batch[^1] ^= 1;
            var changes = new MetadataChanges();
            changes.Put(key, batch);
            database.Commit(changes);
        }
        await using var again = new RocksDbLogEngine(_directory);
        await using var damaged = await again.OpenAsync(id, OneOfEachKey);
        var one = new LogRead { From = Offset.Zero, Until = new Offset(1), MaxBytes = 1 };
        Assert.Equal(ErrorCode.DiskFailure, (await Assert.ThrowsAsync<StorageException>(async () => await damaged.ReadAsync(one, new ArrayBufferWriter<byte>()))).Code);
        Assert.Equal(1, damaged.Append(TestBatch.Of("a"), new Epoch(1), 2).Value);
        Assert.Equal(2, damaged.Append(TestBatch.Of("b"), new Epoch(1), 3).Value);
        Assert.NotEmpty(again.Troubles);
    }

    [Fact]
    public async Task An_append_that_displaces_a_damaged_record_of_a_segment_succeeds()
    {
        var world = await SegmentWorld.OpenAsync(new FaultyDisk(), OneOfEachKey);
        world.Append(1, keys: 1);
        world.Files.File(SegmentNames.Log(0)).Flip(8 * 80);
        world.Append(1, keys: 1);
        world.Append(1, keys: 1);
        Assert.Equal(3, world.Log.EndOffset.Value);
        var (read, refused) = await world.ReadAllAsync();
        Assert.Equal([2L], read);
        Assert.Equal([0L], refused);
        Assert.NotEmpty(world.Engine.Troubles);
        await world.CloseAsync();
    }
}
