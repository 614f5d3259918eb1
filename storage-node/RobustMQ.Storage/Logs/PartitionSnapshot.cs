using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Storage.Logs.Transactions;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// What a log remembers of producers, message ids and transactions, as bytes (docs/formats/segment.md, "Snapshot"): <c>version u8 | producers i32 | ids i32 | open i32 | aborted i32 |
/// first transactional offset i64</c>, then for each producer <c>id i64 | epoch i32 | seen i64 | coordinator epoch i32 | marker offset i64 | batches i32 | (first sequence i32 | last sequence i32 |
/// base offset i64)...</c>, for each id <c>length i32 | UTF-8 | base offset i64 | seen i64</c>, for each open transaction <c>producer i64 | first offset i64</c>, for each aborted one
/// <c>producer i64 | first offset i64 | last offset i64 | stable end i64</c>. Version 1 knew no transactions. The file or value around it carries the checksum.
/// </summary>
internal static class PartitionSnapshot
{
    private const byte Version = 2;

    /// <summary>Has nothing of transactions.</summary>
    private const byte BeforeTransactions = 1;

    public static void Write(ProducerTable producers, MessageIdWindow ids, LogTransactions transactions, IBufferWriter<byte> into)
    {
        var (open, aborted) = transactions.Copy();
        into.GetSpan(1)[0] = Version;
        into.Advance(1);
        Int32(into, producers.Count);
        Int32(into, ids.Count);
        Int32(into, open.Count);
        Int32(into, aborted.Count);
        Int64(into, transactions.First.Value);
        foreach (var (id, entry) in producers.Entries)
        {
            Int64(into, id);
            Int32(into, entry.Epoch);
            Int64(into, entry.SeenMs);
            Int32(into, entry.CoordinatorEpoch);
            Int64(into, entry.MarkerOffset.Value);
            Int32(into, entry.Count);
            for (var i = 0; i < entry.Count; i++)
            {
                var (first, last, baseOffset) = entry.BatchAt(i);
                Int32(into, first);
                Int32(into, last);
                Int64(into, baseOffset.Value);
            }
        }
        foreach (var (id, baseOffset, seenMs) in ids.Entries)
        {
            Int32(into, Encoding.UTF8.GetByteCount(id));
            into.Advance(Encoding.UTF8.GetBytes(id, into.GetSpan(Encoding.UTF8.GetByteCount(id))));
            Int64(into, baseOffset.Value);
            Int64(into, seenMs);
        }
        foreach (var (producerId, first) in open)
        {
            Int64(into, producerId);
            Int64(into, first.Value);
        }
        foreach (var range in aborted)
        {
            Int64(into, range.ProducerId);
            Int64(into, range.First.Value);
            Int64(into, range.Last.Value);
            Int64(into, range.StableEnd.Value);
        }
    }

    /// <exception cref="StorageException">The snapshot is of a newer version.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, ProducerTable producers, MessageIdWindow ids, LogTransactions transactions)
    {
        var version = bytes[0];
        if (version > Version)
            throw new StorageException(ErrorCode.Unsupported, $"a log's snapshot has version {version}; this build reads up to {Version}");
        bytes = bytes[1..];
        var producerCount = Int32(ref bytes);
        var idCount = Int32(ref bytes);
        var knowsTransactions = version > BeforeTransactions;
        var openCount = knowsTransactions ? Int32(ref bytes) : 0;
        var abortedCount = knowsTransactions ? Int32(ref bytes) : 0;
        var firstTransactional = knowsTransactions ? new Offset(Int64(ref bytes)) : Offset.None;
        for (var i = 0; i < producerCount; i++)
            ReadProducer(ref bytes, producers, knowsTransactions);
        for (var i = 0; i < idCount; i++)
        {
            var length = Int32(ref bytes);
            var id = Encoding.UTF8.GetString(bytes[..length]);
            bytes = bytes[length..];
            var baseOffset = new Offset(Int64(ref bytes));
            ids.Add(id, baseOffset, Int64(ref bytes));
        }
        var open = new List<(long, Offset)>();
        for (var i = 0; i < openCount; i++)
            open.Add((Int64(ref bytes), new Offset(Int64(ref bytes))));
        var aborted = new List<AbortedRange>();
        for (var i = 0; i < abortedCount; i++)
            aborted.Add(new AbortedRange(Int64(ref bytes), new Offset(Int64(ref bytes)), new Offset(Int64(ref bytes)), new Offset(Int64(ref bytes))));
        transactions.Load(firstTransactional, open, aborted);
    }

    /// <summary>Whether the bytes are a snapshot, of this version or an older one.</summary>
    public static bool IsReadable(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Read(bytes, new ProducerTable(int.MaxValue, int.MaxValue, TimeSpan.MaxValue), new MessageIdWindow(int.MaxValue), new LogTransactions());
            return true;
        }
        catch (Exception error) when (error is StorageException or ArgumentException or IndexOutOfRangeException)
        {
            return false;
        }
    }

    private static void ReadProducer(ref ReadOnlySpan<byte> bytes, ProducerTable producers, bool knowsTransactions)
    {
        var id = Int64(ref bytes);
        var epoch = (short)Int32(ref bytes);
        var seenMs = Int64(ref bytes);
        if (knowsTransactions)
            producers.Load(id, epoch, Int32(ref bytes), new Offset(Int64(ref bytes)), seenMs);
        for (var left = Int32(ref bytes); left > 0; left--)
        {
            var first = Int32(ref bytes);
            var last = Int32(ref bytes);
            producers.Load(id, epoch, first, last, new Offset(Int64(ref bytes)), seenMs);
        }
    }

    private static void Int32(IBufferWriter<byte> into, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(into.GetSpan(sizeof(int)), value);
        into.Advance(sizeof(int));
    }

    private static void Int64(IBufferWriter<byte> into, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(into.GetSpan(sizeof(long)), value);
        into.Advance(sizeof(long));
    }

    private static int Int32(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt32BigEndian(bytes);
        bytes = bytes[sizeof(int)..];
        return value;
    }

    private static long Int64(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt64BigEndian(bytes);
        bytes = bytes[sizeof(long)..];
        return value;
    }
}
