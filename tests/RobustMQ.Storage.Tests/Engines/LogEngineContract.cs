using System.Buffers;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>What every engine promises: each sentence of <see cref="ILog"/> and <see cref="ILogEngine"/> is a test. An engine's own test class inherits all of them.</summary>
public abstract class LogEngineContract : IAsyncLifetime
{
    private static readonly Epoch Epoch = new(7);

    private readonly LogId _id = new(Guid.NewGuid(), 0);
    private ILogEngine _engine = null!;
    private ILog _log = null!;
    private long _index;

    /// <summary>A fresh engine, or one on the same data where it is persistent.</summary>
    private protected abstract ValueTask<ILogEngine> OpenEngineAsync();

    public async Task InitializeAsync()
    {
        _engine = await OpenEngineAsync();
        _log = await _engine.OpenAsync(_id, new LogOptions());
    }

    public async Task DisposeAsync()
    {
        await _log.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public void A_new_log_is_empty_and_begins_at_offset_0()
    {
        Assert.Equal(_id, _log.Id);
        Assert.Equal(Offset.Zero, _log.StartOffset);
        Assert.Equal(Offset.Zero, _log.EndOffset);
        Assert.Equal(0, _log.RecordCount);
        Assert.Equal(0, _log.SizeBytes);
    }

    [Fact]
    public void Appending_gives_contiguous_offsets()
    {
        Assert.Equal(new Offset(0), Append("a", "b"));
        Assert.Equal(new Offset(2), Append("c"));
        Assert.Equal(new Offset(3), _log.EndOffset);
        Assert.Equal(3, _log.RecordCount);
    }

    [Fact]
    public async Task The_stored_copy_is_stamped_and_the_callers_batch_is_not()
    {
        Append("a");
        var batch = TestBatch.Of("b", "c");
        var before = batch.ToArray();
        _log.Append(batch, new Epoch(9), ++_index);
        Assert.Equal(before, batch);
        Array.Clear(batch);

        var read = await ReadAsync(new LogRead { From = new Offset(1), MaxBytes = 1 << 20 });
        Assert.Equal(new Offset(1), new RecordBatchHeader(read.Bytes).BaseOffset);
        Assert.Equal(new Epoch(9), new RecordBatchHeader(read.Bytes).LeaderEpoch);
        Assert.Equal(before.AsSpan(RecordBatchHeader.CrcCoveredFrom), read.Bytes.AsSpan(RecordBatchHeader.CrcCoveredFrom));
    }

    [Fact]
    public void The_size_is_that_of_the_batches()
    {
        var batch = TestBatch.Of("a", "b");
        _log.Append(batch, Epoch, ++_index);
        _log.Append(batch, Epoch, ++_index);
        Assert.Equal(2 * batch.Length, _log.SizeBytes);
    }

    [Fact]
    public void The_applied_index_is_the_greatest_that_was_taken_in()
    {
        _log.Append(TestBatch.Of("a"), Epoch, 41);
        _log.Append(TestBatch.Of("a"), Epoch, 42);
        Assert.Equal(42, _log.AppliedIndex);
    }

    [Fact]
    public void A_batch_beyond_the_limit_is_refused_and_nothing_is_appended()
    {
        _log.Configure(new LogOptions { MaxBatchBytes = 100 });
        var refusal = Assert.Throws<StorageException>(() => Append("subject.with.a.long.name.that.does.not.fit", "another"));
        Assert.Equal(ErrorCode.TooLarge, refusal.Code);
        Assert.Equal(Offset.Zero, _log.EndOffset);
    }

    [Theory]
    [InlineData(Durability.Accepted)]
    [InlineData(Durability.Written)]
    [InlineData(Durability.Durable)]
    public async Task Flushing_completes_at_every_level(Durability level)
    {
        Append("a");
        await _log.FlushAsync(level);
        Assert.Equal(new Offset(1), _log.EndOffset);
    }

    [Fact]
    public async Task Reading_returns_whole_batches_from_the_one_that_holds_the_offset()
    {
        Append("a", "b", "c");
        Append("d");
        var read = await ReadAsync(new LogRead { From = new Offset(1), MaxBytes = 1 << 20 });
        Assert.Equal([0, 1, 2, 3], Offsets(read.Bytes));
        Assert.Equal(new Offset(4), read.Next);
    }

    [Fact]
    public async Task Reading_at_the_end_returns_nothing_and_no_error()
    {
        Append("a");
        var read = await ReadAsync(new LogRead { From = new Offset(1), MaxBytes = 1 << 20 });
        Assert.Equal(ErrorCode.None, read.Error);
        Assert.Empty(read.Bytes);
        Assert.Equal(new Offset(1), read.Next);
    }

    [Fact]
    public async Task Reading_before_the_start_or_behind_the_end_is_out_of_range()
    {
        Append("a");
        Append("b");
        _log.DeleteBefore(new Offset(1));
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await ReadAsync(new LogRead { From = new Offset(0), MaxBytes = 100 })).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await ReadAsync(new LogRead { From = new Offset(3), MaxBytes = 100 })).Error);
    }

    [Fact]
    public async Task Reading_returns_at_least_one_batch_and_otherwise_keeps_to_the_bytes()
    {
        var size = TestBatch.Of("a").Length;
        Append("a");
        Append("b");
        Append("c");
        Assert.Equal([0], Offsets((await ReadAsync(new LogRead { From = default, MaxBytes = 1 })).Bytes));
        Assert.Equal([0], Offsets((await ReadAsync(new LogRead { From = default, MaxBytes = 2 * size - 1 })).Bytes));
        Assert.Equal([0, 1], Offsets((await ReadAsync(new LogRead { From = default, MaxBytes = 2 * size })).Bytes));
    }

    [Fact]
    public async Task Reading_stops_after_the_batch_that_reaches_the_records()
    {
        Append("a", "b");
        Append("c", "d");
        Append("e");
        var read = await ReadAsync(new LogRead { From = default, MaxBytes = 1 << 20, MaxRecords = 3 });
        Assert.Equal([0, 1, 2, 3], Offsets(read.Bytes));
        Assert.Equal(new Offset(4), read.Next);
    }

    [Fact]
    public async Task Reading_stops_before_the_batch_at_until()
    {
        Append("a");
        Append("b");
        Append("c");
        var read = await ReadAsync(new LogRead { From = default, Until = new Offset(2), MaxBytes = 1 << 20 });
        Assert.Equal([0, 1], Offsets(read.Bytes));
        Assert.Equal(new Offset(2), read.Next);
    }

    /// <summary>As whoever looks for one record reads: from memory, from where it is kept, and where some of its batch are gone.</summary>
    [Fact]
    public async Task The_batch_that_holds_one_offset_is_read_wherever_in_it_the_offset_lies()
    {
        Append("a", "b", "c");
        Append("d");
        Append("e", "f");
        _log.Delete([new Offset(4)]);
        // Whoever cuts a log makes it forget what it kept in memory.
        Append("g");
        _log.TruncateTo(new Offset(6));
        int[][] batches = [[0, 1, 2], [0, 1, 2], [0, 1, 2], [3], [5], [5]];
        for (var offset = 0; offset < batches.Length; offset++)
        {
            var read = await ReadAsync(new LogRead { From = new Offset(offset), Until = new Offset(offset + 1), MaxBytes = 1 });
            // Nothing, where a log knows that a record is gone.
            Assert.True(offset == 4 && read.Bytes.Length == 0 || Offsets(read.Bytes).SequenceEqual(batches[offset].Select(static at => (long)at)), $"offset {offset}: {string.Join(' ', Offsets(read.Bytes))}");
            Assert.True(read.Next > new Offset(offset));
        }
    }

    [Fact]
    public async Task Time_finds_the_first_record_at_or_after_it()
    {
        _log.Append(TestBatch.At(100, "a"), Epoch, ++_index);
        _log.Append(TestBatch.At(300, "b", "c"), Epoch, ++_index);
        _log.Append(TestBatch.At(200, "d"), Epoch, ++_index);
        Assert.Equal((new Offset(0), 100), await _log.FindTimeAsync(0));
        Assert.Equal((new Offset(1), 300), await _log.FindTimeAsync(101));
        Assert.Equal((new Offset(1), 300), await _log.FindTimeAsync(300));
        Assert.Equal(Offset.None, (await _log.FindTimeAsync(301)).Offset);
    }

    [Fact]
    public void The_last_offset_of_a_key_follows_appends_and_removals()
    {
        Append("a", "b");
        Append("a");
        Assert.Equal(new Offset(2), _log.FindLastOfKey("a"u8));
        Assert.Equal(new Offset(1), _log.FindLastOfKey("b"u8));
        Assert.Equal(Offset.None, _log.FindLastOfKey("c"u8));
        Append("b");
        Assert.Equal(new Offset(3), _log.FindLastOfKey("b"u8));
        _log.Delete([new Offset(2)]);
        Assert.Equal(new Offset(0), _log.FindLastOfKey("a"u8));
        _log.DeleteBefore(new Offset(1));
        Assert.Equal(Offset.None, _log.FindLastOfKey("a"u8));
        _log.TruncateTo(new Offset(3));
        Assert.Equal(new Offset(1), _log.FindLastOfKey("b"u8));
    }

    [Fact]
    public void Deleting_before_an_offset_moves_the_start_even_into_a_batch()
    {
        Append("a", "b", "c");
        Append("d");
        Assert.Equal(2, _log.DeleteBefore(new Offset(2)));
        Assert.Equal(new Offset(2), _log.StartOffset);
        Assert.Equal(2, _log.RecordCount);
        Assert.Equal(0, _log.DeleteBefore(new Offset(1)));
        Assert.Equal(2, _log.DeleteBefore(new Offset(4)));
        Assert.Equal(_log.EndOffset, _log.StartOffset);
        Assert.Equal(new Offset(4), Append("e"));
    }

    [Fact]
    public async Task Single_records_are_removed_once_and_left_out_of_reads()
    {
        Append("a", "b", "c");
        Append("d");
        Assert.Equal(2, _log.Delete([new Offset(1), new Offset(3), new Offset(3), new Offset(99), new Offset(-5)]));
        Assert.Equal(0, _log.Delete([new Offset(1)]));
        Assert.Equal(2, _log.RecordCount);
        var read = await ReadAsync(new LogRead { From = default, MaxBytes = 1 << 20 });
        Assert.Equal([0, 2], Offsets(read.Bytes));
        Assert.Equal(new Offset(4), read.Next);
        Assert.Equal(new Offset(4), Append("e"));
    }

    [Fact]
    public void The_start_is_the_first_record_that_is_still_there()
    {
        Append("a", "b");
        Append("c");
        _log.Delete([new Offset(0), new Offset(1)]);
        Assert.Equal(new Offset(2), _log.StartOffset);
        _log.Delete([new Offset(2)]);
        Assert.Equal(new Offset(3), _log.StartOffset);
    }

    [Fact]
    public async Task Truncating_removes_the_end_and_gives_its_offsets_out_again()
    {
        Append("a", "b", "c");
        Append("d");
        _log.TruncateTo(new Offset(9));
        Assert.Equal(new Offset(4), _log.EndOffset);
        _log.TruncateTo(new Offset(2));
        Assert.Equal(new Offset(2), _log.EndOffset);
        Assert.Equal(2, _log.RecordCount);
        Assert.Equal(new Offset(2), Append("e"));
        var read = await ReadAsync(new LogRead { From = default, MaxBytes = 1 << 20 });
        Assert.Equal(["a", "b", "e"], TestBatch.Read(read.Bytes).Select(record => record.Key));
        Assert.Equal([0, 1, 2], Offsets(read.Bytes));
    }

    [Fact]
    public async Task Retention_by_age_removes_old_batches_at_the_front()
    {
        Configure(new Retention { MaxAgeMs = 100 });
        _log.Append(TestBatch.At(1_000, "a"), Epoch, ++_index);
        _log.Append(TestBatch.At(1_050, "b"), Epoch, ++_index);
        Assert.Equal(0, _log.ApplyRetention(1_100));
        Assert.Equal(1, _log.ApplyRetention(1_101));
        Assert.Equal(new Offset(1), _log.StartOffset);
        Assert.Equal([1], Offsets((await ReadAsync(new LogRead { From = _log.StartOffset, MaxBytes = 100 })).Bytes));
    }

    [Fact]
    public void Retention_by_bytes_holds_after_every_append()
    {
        var size = TestBatch.Of("a").Length;
        Configure(new Retention { MaxBytes = 3 * size });
        for (var i = 0; i < 10; i++)
        {
            Append("a");
            Assert.True(_log.SizeBytes <= 3 * size);
        }
        Assert.Equal(new Offset(7), _log.StartOffset);
        Assert.Equal(new Offset(10), _log.EndOffset);
    }

    [Fact]
    public void Retention_by_records_is_exact_within_batches()
    {
        Configure(new Retention { MaxRecords = 5 });
        for (var i = 0; i < 4; i++)
            Append("a", "b", "c");
        Assert.Equal(5, _log.RecordCount);
        Assert.Equal(new Offset(7), _log.StartOffset);
    }

    [Fact]
    public async Task Retention_per_key_keeps_the_newest_of_each()
    {
        Configure(new Retention { MaxRecordsPerKey = 2 });
        Append("a", "b", "a");
        Append("a", "c", "a");
        Assert.Equal(4, _log.RecordCount);
        Assert.Equal([1, 3, 4, 5], Offsets((await ReadAsync(new LogRead { From = _log.StartOffset, MaxBytes = 1 << 20 })).Bytes));
    }

    [Fact]
    public void New_options_apply_at_the_next_retention()
    {
        Append("a", "b", "c", "d");
        Configure(new Retention { MaxRecords = 1 });
        Assert.Equal(3, _log.ApplyRetention(0));
        Assert.Equal(new Offset(3), _log.StartOffset);
    }

    [Fact]
    public void The_manifest_says_where_the_log_stands()
    {
        _log.Append(TestBatch.Of("a", "b"), new Epoch(3), 11);
        _log.DeleteBefore(new Offset(1));
        var manifest = _log.GetManifest();
        Assert.Equal(new LogManifest(_id, new Offset(1), new Offset(2), _log.SizeBytes, 11, new Epoch(3)), manifest);
    }

    [Fact]
    public async Task A_deleted_log_begins_anew()
    {
        Append("a");
        await _log.DisposeAsync();
        await _engine.DeleteAsync(_id);
        await _engine.DeleteAsync(new LogId(Guid.NewGuid(), 3));
        _log = await _engine.OpenAsync(_id, new LogOptions());
        Assert.Equal(Offset.Zero, _log.EndOffset);
    }

    [Fact]
    public async Task A_persistent_log_is_there_again_after_a_restart_and_another_is_not()
    {
        Append("a", "b");
        await _log.FlushAsync(Durability.Durable);
        await _log.DisposeAsync();
        await _engine.DisposeAsync();
        _engine = await OpenEngineAsync();
        Assert.Equal(_engine.IsPersistent ? [_id] : [], _engine.List());
        _log = await _engine.OpenAsync(_id, new LogOptions());
        Assert.Equal(_engine.IsPersistent ? 2 : 0, _log.RecordCount);
    }

    [Fact]
    public async Task Logs_of_one_engine_do_not_see_each_other()
    {
        await using var other = await _engine.OpenAsync(new LogId(_id.Topic, 1), new LogOptions());
        Append("a");
        other.Append(TestBatch.Of("b"), Epoch, 1);
        Assert.Equal(["a"], (await ReadAllAsync(_log)).Select(record => record.Key));
        Assert.Equal(["b"], (await ReadAllAsync(other)).Select(record => record.Key));
    }

    [Fact]
    public async Task Reads_beside_appends_see_whole_batches_in_order()
    {
        Configure(new Retention { MaxBytes = 200_000 });
        var reader = Task.Run(async () =>
        {
            var next = Offset.Zero;
            while (next.Value < 20_000)
            {
                next = next > _log.StartOffset ? next : _log.StartOffset;
                var read = await ReadAsync(new LogRead { From = next, MaxBytes = 10_000 });
                if (read.Error == ErrorCode.OffsetOutOfRange)
                    continue;
                foreach (var record in TestBatch.Read(read.Bytes))
                    Assert.Equal($"s.{record.Offset % 16}", record.Key);
                next = read.Next;
            }
        });
        for (var i = 0; i < 20_000; i += 2)
            Append($"s.{i % 16}", $"s.{(i + 1) % 16}");
        await reader.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Random_operations_agree_with_a_simple_model(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? 20_261_123 : Environment.TickCount;
        for (var round = 0; round < 60; round++)
        {
            await using var log = await _engine.OpenAsync(new LogId(Guid.NewGuid(), round), new LogOptions());
            var random = new Random(seed + round);
            var model = new LogModel();
            for (var step = 0; step < 120; step++)
                await StepAsync(log, model, random, $"seed {seed + round}, step {step}");
        }
    }

    private static async Task StepAsync(ILog log, LogModel model, Random random, string where)
    {
        switch (random.Next(12))
        {
            case 0:
                var before = random.NextInt64(model.End + 2);
                Assert.True(model.DeleteBefore(before) == log.DeleteBefore(new Offset(before)), where);
                break;
            case 1:
            case 2:
                var offsets = Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.NextInt64(model.End + 1)).ToHashSet();
                Assert.True(model.Delete(offsets) == log.Delete([.. offsets.Select(offset => new Offset(offset))]), where);
                break;
            case 3:
                var end = Math.Max(0, model.End - random.Next(6));
                model.TruncateTo(end);
                log.TruncateTo(new Offset(end));
                break;
            default:
                var keys = Enumerable.Range(0, random.Next(1, 9)).Select(_ => $"k.{random.Next(6)}{new string('x', random.Next(400))}").ToArray();
                var timestampMs = 1_000 + random.Next(100);
                Assert.True(model.End == log.Append(TestBatch.At(timestampMs, keys), Epoch, 0).Value, where);
                model.Append(timestampMs, keys);
                break;
        }
        await CompareAsync(log, model, random, where);
    }

    private static async Task CompareAsync(ILog log, LogModel model, Random random, string where)
    {
        Assert.True(model.End == log.EndOffset.Value, where);
        Assert.True(model.Records.Count == log.RecordCount, where);
        Assert.True(model.Start == log.StartOffset.Value, $"{where}: start {log.StartOffset} instead of {model.Start}");
        var seen = await ReadAllAsync(log, 1 + random.Next(4_000));
        Assert.True(model.Records.SequenceEqual(seen.Select(record => (record.Offset, record.Key!, record.TimestampMs))), where);
        var timeMs = 1_000 + random.Next(110);
        var (foundOffset, foundMs) = await log.FindTimeAsync(timeMs);
        Assert.True(model.FindTime(timeMs) == (foundOffset.Value, foundMs), where);
        var key = model.Records.Count == 0 ? "none" : model.Records[random.Next(model.Records.Count)].Key;
        Assert.True(model.LastOfKey(key) == log.FindLastOfKey(Encoding.UTF8.GetBytes(key)).Value, where);
    }

    private static async Task<List<SeenRecord>> ReadAllAsync(ILog log, int maxBytes = 1 << 20)
    {
        var seen = new List<SeenRecord>();
        for (var next = log.StartOffset; next < log.EndOffset;)
        {
            var bytes = new ArrayBufferWriter<byte>();
            var read = await log.ReadAsync(new LogRead { From = next, MaxBytes = maxBytes }, bytes);
            Assert.Equal(ErrorCode.None, read.Error);
            Assert.Equal(bytes.WrittenCount, read.Bytes);
            Assert.True(read.Next > next);
            var from = next;
            seen.AddRange(TestBatch.Read(bytes.WrittenSpan).Where(record => record.Offset >= from.Value));
            next = read.Next;
        }
        return seen;
    }

    private static IEnumerable<long> Offsets(byte[] batches) => TestBatch.Read(batches).Select(record => record.Offset);

    private Offset Append(params string[] subjects) => _log.Append(TestBatch.Of(subjects), Epoch, ++_index);

    private void Configure(Retention retention) => _log.Configure(new LogOptions { Retention = retention });

    private async Task<(ErrorCode Error, Offset Next, byte[] Bytes)> ReadAsync(LogRead read)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var result = await _log.ReadAsync(read, bytes);
        return (result.Error, result.Next, bytes.WrittenSpan.ToArray());
    }
}
