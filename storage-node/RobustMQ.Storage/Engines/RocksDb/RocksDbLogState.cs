using RobustMQ.Records;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Where a log stands, written together with every change of it (docs/formats/rocksdb.md, "State").</summary>
internal sealed record RocksDbLogState(long Start, long End, long SizeBytes, long RecordCount, long AppliedIndex, Epoch LastEpoch)
{
    private const byte Version = 1;

    public static RocksDbLogState Empty { get; } = new(0, 0, 0, 0, 0, Epoch.None);

    public byte[] Format(byte[] key) =>
        new MetadataWriter(Version).Int64(Start).Int64(End).Int64(SizeBytes).Int64(RecordCount).Int64(AppliedIndex).Int32(LastEpoch.Value).Seal(key);

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static RocksDbLogState Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a log", key, value, Version);
        return new RocksDbLogState(reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), new Epoch(reader.Int32()));
    }
}
