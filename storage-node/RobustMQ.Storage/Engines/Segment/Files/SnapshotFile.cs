using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>The snapshot of a log's owner as a file: <c>"RMQS" u32 | version u16 | reserved u16 | end offset i64 | crc u32 (of what precedes and follows) | snapshot</c>.</summary>
internal static class SnapshotFile
{
    private const int HeaderBytes = 20;
    private const int CrcAt = 16;
    private const uint Magic = 0x524D5153; // "RMQS"
    private const ushort Version = 1;

    public static void Write(IStorageDirectory directory, long endOffset, ReadOnlySpan<byte> snapshot)
    {
        var bytes = new byte[HeaderBytes + snapshot.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), endOffset);
        snapshot.CopyTo(bytes.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(CrcAt), Crc32C.Compute(bytes));
        AtomicFile.Replace(directory, SegmentNames.Snapshot, bytes);
    }

    /// <summary>Null where there is none, or none that can be trusted: the owner then reads the log from its start.</summary>
    /// <exception cref="StorageException">The snapshot is of a newer version.</exception>
    public static LogSnapshot? TryRead(IStorageDirectory directory)
    {
        if (AtomicFile.TryRead(directory, SegmentNames.Snapshot) is not { Length: >= HeaderBytes } bytes)
            return null;
        var crc = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(CrcAt));
        bytes.AsSpan(CrcAt, sizeof(uint)).Clear();
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != Magic || crc != Crc32C.Compute(bytes))
            return null;
        var version = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(4));
        if (version > Version)
            throw new StorageException(ErrorCode.Unsupported, $"'{directory.Path}/{SegmentNames.Snapshot}' has version {version}; this build reads up to {Version}");
        return new LogSnapshot(new Offset(BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8))), bytes.AsMemory(HeaderBytes));
    }
}
