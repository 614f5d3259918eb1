using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Engines;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs.Transactions;

/// <summary>
/// Transactions at random on a disk that loses power at random: what a partition knows of the log that is left is what a walk over its batches says, and a decision that was durable stays one.
/// </summary>
public sealed class TransactionCrashTests
{
    private static readonly Topic Target = new(TestNode.Spec("box", "box.>"), SegmentWorld.Id.Topic, 1, 0);

    [Theory]
    [InlineData(AfterCrash.KeepsAll, 1)]
    [InlineData(AfterCrash.KeepsAll, 0)]
    [InlineData(AfterCrash.LosesUnsynced, 2)]
    [InlineData(AfterCrash.LosesUnsynced, 0)]
    [InlineData(AfterCrash.KeepsSome, 3)]
    [InlineData(AfterCrash.KeepsSome, 0)]
    public async Task What_is_known_of_transactions_after_a_crash_is_what_the_log_says(AfterCrash mode, int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        var random = new Random(seed);
        var disk = new FaultyDisk();
        for (var life = 0; life < 12; life++)
        {
            disk.CrashAt = disk.Operations + random.Next(5, 120);
            var durable = await LiveAsync(disk, random);
            disk = disk.Restart(mode, random);
            await CheckAsync(disk, durable, $"seed {seed}, life {life}");
        }
    }

    /// <returns>Offsets that were durable when power was lost: everything before it.</returns>
    private static async Task<long> LiveAsync(FaultyDisk disk, Random random)
    {
        var durable = 0L;
        try
        {
            var partition = await OpenAsync(disk);
            durable = partition.Log.EndOffset.Value;
            for (var step = 0; step < 500; step++)
            {
                Append(partition, random);
                if (random.Next(6) == 0)
                {
                    await partition.Log.FlushAsync(Durability.Durable);
                    durable = partition.Log.EndOffset.Value;
                }
                if (random.Next(12) == 0)
                    partition.Retain(nowMs: 1_000);
            }
        }
        catch (StorageException)
        {
            Assert.True(disk.IsCrashed);
        }
        return durable;
    }

    private static void Append(LogPartition partition, Random random)
    {
        var producer = random.Next(4);
        var batch = random.Next(10) switch
        {
            < 2 => TestBatch.Commit(producer, 0),
            < 4 => TestBatch.Abort(producer, 0),
            < 5 => TestBatch.Of("box.plain"),
            _ => null,
        };
        if (batch is not null)
        {
            Append(partition, batch, null);
            return;
        }
        // The storage says where the last one ended, and what number comes next is found by trying: duplicates and gaps are its business.
        for (var sequence = 0; ; sequence++)
        {
            batch = TestBatch.InTransaction(producer, 0, sequence, "box.a", "box.b");
            var result = Append(partition, batch, null);
            if (result.Error == ErrorCode.TransactionMismatch)
                result = Append(partition, batch, new AppendConditions { BeginsTransactionAfter = result.BaseOffset });
            if (result is { Succeeded: true, IsDuplicate: true } || result.Error == ErrorCode.OutOfSequence)
                continue;
            return;
        }
    }

    private static AppendResult Append(LogPartition partition, byte[] batch, AppendConditions? conditions) => partition.Append(batch, conditions, new Epoch(1), 0, 1_000);

    private static async Task CheckAsync(FaultyDisk disk, long durable, string where)
    {
        var partition = await OpenAsync(disk);
        Assert.True(partition.Log.EndOffset.Value >= durable, $"{where}: durable records are lost");
        var batches = await ReadAsync(partition.Log);
        var stable = batches.Where(batch => batch.Outcome is null).Select(static batch => batch.Offset).DefaultIfEmpty(partition.Log.EndOffset.Value).Min();
        Assert.True(stable == partition.Stable.EndOffset.Value, $"{where}: decided to {partition.Stable.EndOffset}, not {stable}");
        var messages = batches.Where(batch => batch.Outcome == true && batch.Offset < stable).Select(static batch => batch.Offset).ToList();
        var seen = (await ReadAsync(partition.Settled)).Select(static batch => batch.Offset).ToList();
        Assert.True(messages.SequenceEqual(seen), $"{where}: {string.Join(' ', seen)}, not {string.Join(' ', messages)}");
        await partition.DisposeAsync();
    }

    /// <summary>Every batch, and whether it is of messages; null: not decided.</summary>
    private static async Task<List<(long Offset, bool? Outcome)>> ReadAsync(ILog log)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (var from = log.StartOffset; from < log.EndOffset;)
        {
            var read = await log.ReadAsync(new LogRead { From = from, MaxBytes = 1_000 }, bytes);
            Assert.Equal(ErrorCode.None, read.Error);
            if (read.Next <= from)
                break;
            from = read.Next;
        }
        var found = new List<(long Offset, bool? Outcome)>();
        var open = new Dictionary<long, List<int>>();
        var walker = new BatchReader(bytes.WrittenMemory);
        while (walker.MoveNext())
            Take(walker.Current.Span, found, open);
        return found;
    }

    private static void Take(ReadOnlySpan<byte> batch, List<(long Offset, bool? Outcome)> found, Dictionary<long, List<int>> open)
    {
        var header = new RecordBatchHeader(batch);
        if (!open.TryGetValue(header.ProducerId, out var of))
            open[header.ProducerId] = of = [];
        if (TransactionMarker.TryRead(batch, out var marker))
        {
            foreach (var at in of)
                found[at] = (found[at].Offset, marker.IsCommit);
            of.Clear();
            found.Add((header.BaseOffset.Value, false));
            return;
        }
        if (header.IsTransactional)
            of.Add(found.Count);
        found.Add((header.BaseOffset.Value, header.IsTransactional ? null : true));
    }

    private static async Task<LogPartition> OpenAsync(FaultyDisk disk)
    {
        var engine = new SegmentLogEngine([disk.Root], SmallSegments.Options, NullLogger.Instance);
        var log = await engine.OpenAsync(SegmentWorld.Id, new LogOptions());
        var partition = new LogPartition(Target, 0, log, isPersistent: true, new StorageOptions(), keepsTransactions: true);
        await partition.RestoreAsync(nowMs: 1_000);
        return partition;
    }
}
