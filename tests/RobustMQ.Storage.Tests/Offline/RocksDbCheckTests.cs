using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Offline;
using RobustMQ.Storage.Tests.Support;
using RocksDbSharp;

namespace RobustMQ.Storage.Tests.Offline;

/// <summary>What <c>verify</c> says of the log database.</summary>
public sealed class RocksDbCheckTests : IDisposable
{
    private static readonly LogId Id = new(Guid.Parse("00000000-0000-0000-0000-000000000001"), 0);

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-check-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_log_is_sound_after_whatever_was_done_to_it(int seed)
    {
        var random = new Random(seed);
        await WriteAsync(async log =>
        {
            for (var step = 0; step < 300; step++)
            {
                switch (random.Next(10))
                {
                    case 0:
                        log.Delete([.. Enumerable.Range(0, 5).Select(_ => new Offset(random.NextInt64(log.EndOffset.Value + 1)))]);
                        break;
                    case 1:
                        log.DeleteBefore(new Offset(random.NextInt64(log.EndOffset.Value / 2 + 1)));
                        break;
                    case 2:
                        log.TruncateTo(new Offset(Math.Max(0, log.EndOffset.Value - random.Next(4))));
                        break;
                    case 3:
                        log.ApplyRetention(random.Next(3_000));
                        break;
                    default:
                        log.Append(Batch(random), new Epoch(1), 0);
                        break;
                }
            }
            await log.FlushAsync(Durability.Durable);
        });
        var report = Check();
        Assert.True(report.Findings.Count == 0, $"seed {seed}: {string.Join('\n', report.Findings)}");
        Assert.Equal(1, report.Logs);
    }

    [Theory]
    [InlineData(RocksDbKeys.BatchKind)]
    [InlineData(RocksDbKeys.KeyKind)]
    [InlineData(RocksDbKeys.LaneKind)]
    [InlineData(RocksDbKeys.ExpiryKind)]
    [InlineData(RocksDbKeys.StateKind)]
    public async Task An_entry_that_is_missing_is_noticed(byte kind)
    {
        await WriteAsync(log =>
        {
            log.Append(DiskNode.Records(("a", "x", 3, 9_000, null), ("b", "y", null, null, null)), new Epoch(1), 0);
            return Task.CompletedTask;
        });
        Assert.True(Check().IsSound);
        using (var db = RocksDbSharp.RocksDb.Open(new DbOptions(), _directory))
        using (var iterator = db.NewIterator())
        {
            iterator.Seek(RocksDbKeys.Of(Id, kind));
            Assert.Equal(kind, iterator.Key()[RocksDbKeys.LogBytes]);
            db.Remove(iterator.Key());
        }
        Assert.False(Check().IsSound);
    }

    [Fact]
    public async Task An_entry_that_belongs_to_no_record_and_a_changed_batch_are_noticed()
    {
        await WriteAsync(log =>
        {
            log.Append(TestBatch.Of("a"), new Epoch(1), 0);
            return Task.CompletedTask;
        });
        using (var db = RocksDbSharp.RocksDb.Open(new DbOptions(), _directory))
        {
            db.Put(RocksDbKeys.Key(Id, "b"u8, 0), new byte[] { 0 });
            var batch = db.Get(RocksDbKeys.Batch(Id, 0));
            batch[^3] ^= 1;
            db.Put(RocksDbKeys.Batch(Id, 0), batch);
        }
        var report = Check();
        Assert.Contains(report.Findings, finding => finding.What.Contains("checksum", StringComparison.Ordinal));
        Assert.Contains(report.Findings, finding => finding.What.Contains("belong to no record", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_write_ahead_log_is_found_where_a_whole_record_follows()
    {
        await WriteAsync(log =>
        {
            for (var i = 0; i < 10; i++)
                log.Append(TestBatch.Of("a", "b"), new Epoch(1), 0);
            return Task.CompletedTask;
        });
        var path = Assert.Single(Directory.GetFiles(_directory, "*.log"));
        var whole = await File.ReadAllBytesAsync(path);
        for (var at = 0; at < whole.Length / 2; at += 3)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << (at % 8));
            await File.WriteAllBytesAsync(path, damaged);
            var error = Assert.Throws<StorageException>(() => new StoredRocksDb(_directory).Dispose());
            Assert.Contains("is damaged at byte", error.Message, StringComparison.Ordinal);
        }
    }

    private async Task WriteAsync(Func<ILog, Task> write)
    {
        var engine = new RocksDbLogEngine(_directory);
        await using (var log = await engine.OpenAsync(Id, new LogOptions { Retention = new Retention { MaxRecordsPerKey = 20 } }))
        {
            await write(log);
            log.SaveSnapshot([1, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        await engine.DisposeAsync();
    }

    private CheckReport Check()
    {
        using var stored = new StoredRocksDb(_directory);
        var report = new CheckReport();
        stored.CheckRest(report);
        foreach (var log in stored.List())
            stored.Check(log, report);
        return report;
    }

    private static byte[] Batch(Random random)
    {
        var records = new (string, string, int?, long?, long?)[random.Next(1, 6)];
        for (var i = 0; i < records.Length; i++)
            records[i] = ($"key.{random.Next(9)}", new string('v', random.Next(40)), random.Next(3) == 0 ? random.Next(10) : null, random.Next(3) == 0 ? random.Next(1, 3_000) : null, null);
        return DiskNode.Records(records);
    }
}
