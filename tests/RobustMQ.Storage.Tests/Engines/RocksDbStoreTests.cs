using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Tests.Support;
using RocksDbDatabase = RobustMQ.Storage.Engines.RocksDb.RocksDbMetadataStore;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>What the rocksdb engine does with a database that is not as it left it.</summary>
public sealed class RocksDbStoreTests : IDisposable
{
    private const int Batches = 200;

    private static readonly LogId Log = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 0);

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_turned_bit_within_the_write_ahead_log_stops_the_start_and_changes_nothing()
    {
        await FillAsync();
        var path = WriteAheadLog();
        var bytes = File.ReadAllBytes(path);
        for (var at = 100; at < bytes.Length / 2; at += bytes.Length / 16)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x10;
            File.WriteAllBytes(path, damaged);
            var refusal = Assert.Throws<StorageException>(() => new RocksDbLogEngine(_directory));
            Assert.Equal(ErrorCode.DiskFailure, refusal.Code);
            Assert.Contains("is damaged at byte", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllBytes(path));
        }
        File.WriteAllBytes(path, bytes);
        Assert.Equal(Batches, await EndAsync());
    }

    [Fact]
    public async Task A_torn_end_of_the_write_ahead_log_is_cut_and_what_lies_before_it_stays()
    {
        await FillAsync();
        var path = WriteAheadLog();
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^20]);
        Assert.Equal(Batches - 1, await EndAsync());
    }

    [Fact]
    public async Task A_database_of_a_newer_layout_is_refused()
    {
        await new RocksDbLogEngine(_directory).DisposeAsync();
        using (var database = RocksDbDatabase.Open(_directory))
        {
            var key = RocksDbKeys.Of(RocksDbKeys.Node, RocksDbKeys.FormatKind);
            var changes = new MetadataChanges();
            changes.Put(key, new MetadataWriter(99).Seal(key));
            database.Commit(changes);
        }
        var refusal = Assert.Throws<StorageException>(() => new RocksDbLogEngine(_directory));
        Assert.Contains("version", refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_database_of_somebody_else_is_refused()
    {
        using (var database = RocksDbDatabase.Open(_directory))
        {
            var changes = new MetadataChanges();
            changes.Put("somebody"u8.ToArray(), "else"u8.ToArray());
            database.Commit(changes);
        }
        Assert.Equal(ErrorCode.Unsupported, Assert.Throws<StorageException>(() => new RocksDbLogEngine(_directory)).Code);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(600_000, true)]
    public void A_guest_syncs_itself_unless_the_last_sync_was_slow(int guestSyncMaxMs, bool isHere)
    {
        using var store = new RocksDbStore(_directory, tailBytesMax: 0) { GuestSyncMax = TimeSpan.FromMilliseconds(guestSyncMaxMs) };
        var turn = new SyncTurn();
        var threads = new List<int>();
        var guest = new Thread(() =>
        {
            for (var at = 0; at < 2; at++)
            {
                var synced = store.SyncAsync(turn).ContinueWith(static _ => Environment.CurrentManagedThreadId, TaskContinuationOptions.ExecuteSynchronously);
                turn.Take()!.Run(isGuest: true);
                threads.Add(synced.GetAwaiter().GetResult());
            }
        });
        guest.Start();
        guest.Join();
        Assert.Equal([true, isHere], threads.Select(thread => thread == guest.ManagedThreadId));
    }

    private async Task FillAsync()
    {
        await using var engine = new RocksDbLogEngine(_directory);
        await using var log = await engine.OpenAsync(Log, new LogOptions());
        for (var i = 0; i < Batches; i++)
            log.Append(TestBatch.OfValues("a", new string('x', 300)), new Epoch(1), i + 1);
        await log.FlushAsync(Durability.Durable);
    }

    private async Task<long> EndAsync()
    {
        await using var engine = new RocksDbLogEngine(_directory);
        await using var log = await engine.OpenAsync(Log, new LogOptions());
        return log.EndOffset.Value;
    }

    /// <summary>The one with the records.</summary>
    private string WriteAheadLog() => Directory.GetFiles(_directory, "*.log").MaxBy(path => new FileInfo(path).Length)!;
}
