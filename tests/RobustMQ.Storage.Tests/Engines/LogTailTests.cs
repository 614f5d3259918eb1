using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Tails;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>The end of a log in memory, by itself: gives what was put in, or says that it does not have it.</summary>
public sealed class LogTailTests
{
    private const int TailBytesMax = 4 << 20;

    private readonly TailMemory _memory = new(64 << 20);

    [Fact]
    public void What_was_published_is_read_from_any_offset()
    {
        using var tail = new LogTail(_memory);
        Append(tail, 0, 500);
        for (var from = 0L; from < 500; from++)
            Assert.Equal(500 - from, Read(tail, from, out _).Count);
        Assert.False(TryRead(tail, 500), "there is nothing at the end");
    }

    [Fact]
    public void A_batch_whose_write_failed_is_not_there()
    {
        using var tail = new LogTail(_memory);
        Append(tail, 0, 1);
        tail.Begin(Batch(1));
        tail.End();
        Assert.False(TryRead(tail, 1));
        Append(tail, 1, 1);
        Assert.Equal([0L, 1L], Read(tail, 0, out _));
    }

    [Theory]
    [InlineData(1, 0, -1, 1)]
    [InlineData(1 << 20, 3, -1, 3)]
    [InlineData(1 << 20, 0, 7, 7)]
    public void A_read_ends_where_it_was_asked_to(int bytesMax, int recordsMax, long until, int records)
    {
        using var tail = new LogTail(_memory);
        Append(tail, 0, 20);
        var destination = new ArrayBufferWriter<byte>();
        var read = new LogRead { From = Offset.Zero, MaxBytes = bytesMax, MaxRecords = recordsMax, Until = new Offset(until) };
        Assert.True(tail.TryRead(read, destination, out var result));
        Assert.Equal((records, destination.WrittenCount), (result.Next.Value, result.Bytes));
        Assert.Equal(records, TestBatch.Read(destination.WrittenSpan).Count);
    }

    [Fact]
    public void What_is_forgotten_is_not_given_out_though_it_shares_memory_with_what_is_not()
    {
        using var tail = new LogTail(_memory);
        Append(tail, 0, 10);
        tail.Forget(4);
        Assert.False(TryRead(tail, 3));
        Assert.Equal([4L, 5L, 6L, 7L, 8L, 9L], Read(tail, 4, out _));
        tail.Forget();
        Assert.False(TryRead(tail, 9));
        // The log was cut and goes on at an offset that had another record.
        Append(tail, 2, 1);
        Assert.Equal([2L], Read(tail, 2, out _));
    }

    [Fact]
    public void A_tail_with_a_gap_begins_anew_behind_it()
    {
        using var tail = new LogTail(_memory);
        Append(tail, 0, 5);
        Append(tail, 9, 3);
        Assert.False(TryRead(tail, 4));
        Assert.Equal([10L, 11L], Read(tail, 10, out _));
    }

    [Fact]
    public void A_log_keeps_so_much_and_no_more()
    {
        using var tail = new LogTail(_memory);
        Append(tail, 0, 300, valueBytes: 64 << 10);
        Assert.InRange(_memory.Bytes, TailBytesMax / 2, TailBytesMax);
        Assert.False(TryRead(tail, 0));
        Assert.True(TryRead(tail, 299));
    }

    [Fact]
    public void Batches_that_are_too_large_are_not_kept_and_leave_no_hole()
    {
        using var tail = new LogTail(_memory);
        Append(tail, 0, 1);
        Append(tail, 1, 1, valueBytes: 2 << 20);
        Assert.False(TryRead(tail, 0));
        Assert.False(TryRead(tail, 1));
        Append(tail, 2, 1);
        Assert.Equal([2L], Read(tail, 2, out _));
    }

    [Fact]
    public void Logs_share_what_there_is_and_the_oldest_goes_first()
    {
        var memory = new TailMemory(1 << 20);
        var tails = Enumerable.Range(0, 1_000).Select(_ => new LogTail(memory)).ToList();
        foreach (var tail in tails)
            Append(tail, 0, 20, valueBytes: 300);
        Assert.InRange(memory.Bytes, 1 << 19, 1 << 20);
        Assert.False(TryRead(tails[0], 19));
        Assert.True(TryRead(tails[^1], 0));
        foreach (var tail in tails)
            tail.Dispose();
        Assert.Equal(0, memory.Bytes);
    }

    [Fact]
    public async Task Readers_beside_a_writer_see_whole_batches_in_order_however_fast_memory_changes_hands()
    {
        var memory = new TailMemory(256 << 10);
        using var tail = new LogTail(memory);
        using var other = new LogTail(memory);
        var end = 0L;
        var isOver = false;
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var seen = 0;
            for (var next = 0L; !Volatile.Read(ref isOver);)
            {
                var destination = new ArrayBufferWriter<byte>();
                if (!tail.TryRead(new LogRead { From = new Offset(next), MaxBytes = 32 << 10 }, destination, out var result))
                {
                    next = Volatile.Read(ref end);
                    continue;
                }
                foreach (var record in TestBatch.Read(destination.WrittenSpan))
                {
                    Assert.Equal(next++, record.Offset);
                    Assert.StartsWith($"{record.Offset} ", record.Value, StringComparison.Ordinal);
                    seen++;
                }
                Assert.Equal(next, result.Next.Value);
            }
            return seen;
        })).ToList();
        for (var offset = 0L; offset < 5_000; offset++)
        {
            Append(tail, offset, 1, valueBytes: (int)(offset % 7) * 500);
            Volatile.Write(ref end, offset);
            if (offset % 3 == 0)
                Append(other, offset, 1, valueBytes: 2_000);
        }
        Volatile.Write(ref isOver, true);
        await Task.WhenAll(readers);
    }

    private static byte[] Batch(long offset, int valueBytes = 0) => TestBatch.OfValues("k", $"{offset} {new string((char)('a' + offset % 26), valueBytes)}");

    private static void Append(LogTail tail, long from, int count, int valueBytes = 0)
    {
        for (var offset = from; offset < from + count; offset++)
        {
            var copy = tail.Begin(Batch(offset, valueBytes));
            RecordBatchHeader.Stamp(copy, new Offset(offset), new Epoch(1));
            tail.Publish(offset, offset + 1);
            tail.End();
        }
    }

    private static bool TryRead(LogTail tail, long from) => tail.TryRead(new LogRead { From = new Offset(from), MaxBytes = 1 }, new ArrayBufferWriter<byte>(), out _);

    private static List<long> Read(LogTail tail, long from, out LogReadResult result)
    {
        var destination = new ArrayBufferWriter<byte>();
        Assert.True(tail.TryRead(new LogRead { From = new Offset(from), MaxBytes = 64 << 20 }, destination, out result));
        return TestBatch.Read(destination.WrittenSpan).ConvertAll(static record => record.Offset);
    }
}
