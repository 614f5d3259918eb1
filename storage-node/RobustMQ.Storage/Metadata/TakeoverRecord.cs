using RobustMQ.Records;

namespace RobustMQ.Storage.Metadata;

/// <summary>A topic that was created and does not hold yet all that it takes over (docs/formats/metadata.md, "Takeover").</summary>
internal static class TakeoverRecord
{
    private const byte Version = 1;

    public static byte[] Format(Guid topic) => new MetadataWriter(Version).Guid(topic).Seal(MetadataKeys.Takeover(topic));

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static Guid Parse(byte[] key, byte[] value) => new MetadataReader("a takeover", key, value, Version).Guid();
}
