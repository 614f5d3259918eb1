using RobustMQ.Records;

namespace RobustMQ.Storage.Metadata;

/// <summary>Epoch of a producer id that was raised at least once (docs/formats/metadata.md, "Producer").</summary>
internal static class ProducerRecord
{
    private const byte Version = 1;

    public static byte[] Format(long id, short epoch) => new MetadataWriter(Version).Int64(id).Int16(epoch).Seal(MetadataKeys.Producer(id));

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static (long Id, short Epoch) Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a producer", key, value, Version);
        return (reader.Int64(), reader.Int16());
    }
}
