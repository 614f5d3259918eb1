using System.Buffers.Binary;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Keys of the log database (docs/formats/rocksdb.md): <c>topic id 16 bytes | partition i32 | kind u8 | ...</c>. Integers big-endian, so that key order is number order and everything of one
/// log lies together. The node itself has the area of the topic id that is all zeros.
/// </summary>
internal static class RocksDbKeys
{
    public const int LogBytes = 20;

    public const byte StateKind = 0;
    public const byte BatchKind = 1;
    public const byte KeyKind = 2;
    public const byte SnapshotKind = 3;
    public const byte LaneKind = 4;
    public const byte ExpiryKind = 5;
    public const byte DelayStateKind = 6;
    public const byte DelayedKind = 7;
    public const byte ClaimedKind = 8;
    public const byte ProducerKind = 9;

    /// <summary>Behind every kind.</summary>
    public const byte EndKind = 0xFF;

    /// <summary>In the node's area: what wrote the database.</summary>
    public const byte FormatKind = 0;

    /// <summary>In the node's area: logs by the time when something of them expires or ages out.</summary>
    public const byte DueKind = 1;

    /// <summary>In the node's area: logs by the time when a delayed record of them is due.</summary>
    public const byte DelayDueKind = 2;

    /// <summary>Ends the escaped bytes of a record key, which hold it only followed by 0xFF.</summary>
    private const byte KeyEnd = 0;

    /// <summary>Of entries whose key says everything.</summary>
    public static byte[] NoValue { get; } = [];

    /// <summary>Where the node's own entries lie.</summary>
    public static LogId Node => default;

    public static byte[] Of(LogId log, byte kind)
    {
        var key = new byte[LogBytes + 1];
        WriteLog(key, log);
        key[LogBytes] = kind;
        return key;
    }

    /// <summary><c>... | 1 | base offset i64</c>: the batch.</summary>
    public static byte[] Batch(LogId log, long baseOffset) => Numbered(log, BatchKind, baseOffset);

    /// <summary><c>... | kind | number i64</c></summary>
    public static byte[] Numbered(LogId log, byte kind, long number)
    {
        var key = new byte[LogBytes + 1 + sizeof(long)];
        WriteLog(key, log);
        key[LogBytes] = kind;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(LogBytes + 1), number);
        return key;
    }

    /// <summary><c>... | kind | number i64 | number i64</c></summary>
    public static byte[] Numbered(LogId log, byte kind, long first, long second)
    {
        var key = new byte[LogBytes + 1 + 2 * sizeof(long)];
        WriteLog(key, log);
        key[LogBytes] = kind;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(LogBytes + 1), first);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(LogBytes + 1 + sizeof(long)), second);
        return key;
    }

    /// <summary><c>... | 4 | 255 - lane u8 | offset i64</c>: a record of that lane, the highest lane first.</summary>
    public static byte[] Lane(LogId log, int lane, long offset)
    {
        var key = new byte[LogBytes + 2 + sizeof(long)];
        WriteLog(key, log);
        key[LogBytes] = LaneKind;
        key[LogBytes + 1] = (byte)(byte.MaxValue - lane);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(LogBytes + 2), offset);
        return key;
    }

    /// <summary>Of the node's area: <c>... | kind | Unix ms i64 | log</c>.</summary>
    public static byte[] Due(byte kind, long dueMs, LogId log)
    {
        var key = new byte[2 * LogBytes + 1 + sizeof(long)];
        key[LogBytes] = kind;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(LogBytes + 1), dueMs);
        WriteLog(key.AsSpan(LogBytes + 1 + sizeof(long)), log);
        return key;
    }

    /// <summary>The time and the log of an entry that <see cref="Due"/> names.</summary>
    public static (long DueMs, LogId Log) ParseDue(ReadOnlySpan<byte> key) =>
        (BinaryPrimitives.ReadInt64BigEndian(key[(LogBytes + 1)..]), LogOf(key[(LogBytes + 1 + sizeof(long))..]));

    /// <summary><c>... | 2 | key, each 0 as 0 0xFF | 0 | base offset i64</c>: records of that key in a batch.</summary>
    public static byte[] Key(LogId log, ReadOnlySpan<byte> key, long baseOffset)
    {
        var bytes = new byte[KeyBytes(key)];
        WriteKey(bytes, log, key, baseOffset);
        return bytes;
    }

    /// <summary>Bytes of <see cref="Key"/>.</summary>
    public static int KeyBytes(ReadOnlySpan<byte> key) => LogBytes + 1 + key.Length + key.Count(KeyEnd) + 1 + sizeof(long);

    public static void WriteKey(Span<byte> bytes, LogId log, ReadOnlySpan<byte> key, long baseOffset)
    {
        WriteLog(bytes, log);
        bytes[LogBytes] = KeyKind;
        var at = Escape(key, bytes[(LogBytes + 1)..]) + LogBytes + 1;
        bytes[at++] = KeyEnd;
        BinaryPrimitives.WriteInt64BigEndian(bytes[at..], baseOffset);
    }

    /// <summary>What all entries of keys that begin so begin with.</summary>
    public static byte[] KeysFrom(LogId log, ReadOnlySpan<byte> prefix)
    {
        var bytes = new byte[LogBytes + 1 + prefix.Length + prefix.Count(KeyEnd)];
        WriteLog(bytes, log);
        bytes[LogBytes] = KeyKind;
        Escape(prefix, bytes.AsSpan(LogBytes + 1));
        return bytes;
    }

    public static LogId LogOf(ReadOnlySpan<byte> key) => new(new Guid(key[..16], bigEndian: true), BinaryPrimitives.ReadInt32BigEndian(key[16..]));

    /// <summary>The number that ends a key.</summary>
    public static long LastNumber(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..]);

    /// <summary>Whether a key is this prefix and a number behind it.</summary>
    public static bool IsNumbered(ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix) => key.Length == prefix.Length + sizeof(long) && key.StartsWith(prefix);

    public static void WriteLog(Span<byte> bytes, LogId log)
    {
        log.Topic.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], log.Partition);
    }

    private static int Escape(ReadOnlySpan<byte> key, Span<byte> into)
    {
        var at = 0;
        foreach (var b in key)
        {
            into[at++] = b;
            if (b == KeyEnd)
                into[at++] = byte.MaxValue;
        }
        return at;
    }
}
