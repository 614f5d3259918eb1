using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Where a log stands, written together with every change of it (docs/formats/rocksdb.md, "State").</summary>
/// <param name="DueMs">When something of the log expires or ages out, Unix ms; 0: nothing does. Never later than that, maybe earlier.</param>
internal sealed record RocksDbLogState(long Start, long End, long SizeBytes, long RecordCount, long AppliedIndex, Epoch LastEpoch, long DueMs)
{
    private const byte Version = 2;
    private const int KeyBytes = RocksDbKeys.LogBytes + 1;

    /// <summary>Bytes of the value.</summary>
    public const int Size = 1 + 6 * sizeof(long) + 2 * sizeof(int);

    public static RocksDbLogState Empty { get; } = new(0, 0, 0, 0, 0, Epoch.None, 0);

    /// <summary>The earlier of a due time, where 0 is never as a state says it, and a time, where <see cref="long.MaxValue"/> is never.</summary>
    public static long Earlier(long dueMs, long otherMs) => otherMs == long.MaxValue ? dueMs : Math.Max(dueMs == 0 ? otherMs : Math.Min(dueMs, otherMs), 1);

    /// <summary>Writes the value as <see cref="MetadataWriter"/> would, without its allocations: this happens with every append.</summary>
    public void Format(ReadOnlySpan<byte> key, Span<byte> value)
    {
        Span<byte> covered = stackalloc byte[KeyBytes + Size];
        key.CopyTo(covered);
        var fields = covered[KeyBytes..];
        fields[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(fields[1..], Start);
        BinaryPrimitives.WriteInt64BigEndian(fields[9..], End);
        BinaryPrimitives.WriteInt64BigEndian(fields[17..], SizeBytes);
        BinaryPrimitives.WriteInt64BigEndian(fields[25..], RecordCount);
        BinaryPrimitives.WriteInt64BigEndian(fields[33..], AppliedIndex);
        BinaryPrimitives.WriteInt32BigEndian(fields[41..], LastEpoch.Value);
        BinaryPrimitives.WriteInt64BigEndian(fields[45..], DueMs);
        BinaryPrimitives.WriteUInt32BigEndian(fields[53..], Crc32C.Compute(covered[..^sizeof(uint)]));
        fields.CopyTo(value);
    }

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static RocksDbLogState Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a log", key, value, Version);
        return new RocksDbLogState(reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), new Epoch(reader.Int32()), reader.Int64());
    }
}
