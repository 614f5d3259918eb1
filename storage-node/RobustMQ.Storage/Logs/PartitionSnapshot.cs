using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using RobustMQ.Records;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// What a log remembers of producers and message ids, as bytes (docs/formats/segment.md, "Snapshot"): <c>version u8 | producers i32 | ids i32</c>, then for each producer
/// <c>id i64 | epoch i32 | seen i64 | batches i32 | (first sequence i32 | last sequence i32 | base offset i64)...</c>, then for each id <c>length i32 | UTF-8 | base offset i64 | seen i64</c>.
/// The file or value around it carries the checksum.
/// </summary>
internal static class PartitionSnapshot
{
    private const byte Version = 1;

    public static void Write(ProducerTable producers, MessageIdWindow ids, IBufferWriter<byte> into)
    {
        into.GetSpan(1)[0] = Version;
        into.Advance(1);
        Int32(into, producers.Count);
        Int32(into, ids.Count);
        foreach (var (id, entry) in producers.Entries)
        {
            Int64(into, id);
            Int32(into, entry.Epoch);
            Int64(into, entry.SeenMs);
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
    }

    /// <exception cref="StorageException">The snapshot is of a newer version.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, ProducerTable producers, MessageIdWindow ids)
    {
        if (bytes[0] > Version)
            throw new StorageException(ErrorCode.Unsupported, $"a log's snapshot has version {bytes[0]}; this build reads up to {Version}");
        bytes = bytes[1..];
        var producerCount = Int32(ref bytes);
        var idCount = Int32(ref bytes);
        for (var i = 0; i < producerCount; i++)
        {
            var id = Int64(ref bytes);
            var epoch = (short)Int32(ref bytes);
            var seenMs = Int64(ref bytes);
            for (var left = Int32(ref bytes); left > 0; left--)
            {
                var first = Int32(ref bytes);
                var last = Int32(ref bytes);
                producers.Load(id, epoch, first, last, new Offset(Int64(ref bytes)), seenMs);
            }
        }
        for (var i = 0; i < idCount; i++)
        {
            var length = Int32(ref bytes);
            var id = Encoding.UTF8.GetString(bytes[..length]);
            bytes = bytes[length..];
            var baseOffset = new Offset(Int64(ref bytes));
            ids.Add(id, baseOffset, Int64(ref bytes));
        }
    }

    /// <summary>Whether the bytes are a snapshot, of this version or an older one.</summary>
    public static bool IsReadable(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Read(bytes, new ProducerTable(int.MaxValue, int.MaxValue, TimeSpan.MaxValue), new MessageIdWindow(int.MaxValue));
            return true;
        }
        catch (Exception error) when (error is StorageException or ArgumentException or IndexOutOfRangeException)
        {
            return false;
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
