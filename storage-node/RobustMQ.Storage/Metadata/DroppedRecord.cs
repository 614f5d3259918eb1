using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Metadata;

/// <summary>Logs of a topic that is gone, whose bytes may still be there (docs/formats/metadata.md, "Dropped"). What a crash leaves is removed by the next start.</summary>
internal sealed record DroppedRecord(Guid TopicId, EngineKind Engine, int Partitions)
{
    private const byte Version = 1;

    public byte[] Format() => new MetadataWriter(Version).Guid(TopicId).Byte((byte)Engine).Int32(Partitions).Seal(MetadataKeys.DroppedTopic(TopicId));

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static DroppedRecord Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a dropped topic", key, value, Version);
        return new DroppedRecord(reader.Guid(), (EngineKind)reader.Byte(), reader.Int32());
    }
}
