using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Where a log's delayed records stand (docs/formats/rocksdb.md, "DelayState").</summary>
/// <param name="DueMs">When the node looks at them next, Unix ms; 0: there are none.</param>
/// <param name="NextEntry">Number of the next batch that is delayed.</param>
/// <param name="NextSequence">Number of the next record that is claimed.</param>
/// <param name="Records">Waiting or claimed.</param>
/// <param name="Bytes">Of their batches.</param>
internal readonly record struct RocksDbDelayState(long DueMs, long NextEntry, long NextSequence, long Records, long Bytes)
{
    private const byte Version = 1;

    public byte[] Format(byte[] key) => new MetadataWriter(Version).Int64(DueMs).Int64(NextEntry).Int64(NextSequence).Int64(Records).Int64(Bytes).Seal(key);

    /// <exception cref="RobustMQ.Records.StorageException">Damaged, or of a newer version.</exception>
    public static RocksDbDelayState Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a log's delayed records", key, value, Version);
        return new RocksDbDelayState(reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64());
    }
}
