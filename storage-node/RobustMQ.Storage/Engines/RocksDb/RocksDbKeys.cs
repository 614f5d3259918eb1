using System.Buffers.Binary;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Keys of the log database (docs/formats/rocksdb.md): <c>topic id 16 bytes | partition i32 | kind u8 | ...</c>. Integers big-endian, so that key order is number order and everything of one
/// log lies together.
/// </summary>
internal static class RocksDbKeys
{
    public const int LogBytes = 20;
    public const byte StateKind = 0;
    public const byte BatchKind = 1;
    public const byte KeyKind = 2;
    public const byte SnapshotKind = 3;

    /// <summary>Behind every kind.</summary>
    public const byte EndKind = 0xFF;

    public static byte[] Of(LogId log, byte kind)
    {
        var key = new byte[LogBytes + 1];
        log.Topic.TryWriteBytes(key, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(16), log.Partition);
        key[LogBytes] = kind;
        return key;
    }

    /// <summary><c>... | 1 | base offset i64</c>: the batch.</summary>
    public static byte[] Batch(LogId log, long baseOffset) => [.. Of(log, BatchKind), .. Number(baseOffset)];

    /// <summary><c>... | 2 | key length i32 | key | offset i64</c>: a record of that key.</summary>
    public static byte[] Key(LogId log, ReadOnlySpan<byte> key, long offset) => [.. KeyPrefix(log, key), .. Number(offset)];

    public static byte[] KeyPrefix(LogId log, ReadOnlySpan<byte> key)
    {
        var bytes = new byte[LogBytes + 1 + sizeof(int) + key.Length];
        Of(log, KeyKind).CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(LogBytes + 1), key.Length);
        key.CopyTo(bytes.AsSpan(LogBytes + 1 + sizeof(int)));
        return bytes;
    }

    public static LogId LogOf(ReadOnlySpan<byte> key) => new(new Guid(key[..16], bigEndian: true), BinaryPrimitives.ReadInt32BigEndian(key[16..]));

    /// <summary>The number that ends a key.</summary>
    public static long LastNumber(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..]);

    private static byte[] Number(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
