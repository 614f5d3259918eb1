using RobustMQ.Records;

namespace RobustMQ.Storage.Metadata;

/// <summary>A directory with logs of the segment engine, as it was found last (docs/formats/metadata.md, "Directory").</summary>
internal sealed record DirectoryRecord(Guid Id, string Path)
{
    private const byte Version = 1;

    public byte[] Format() => new MetadataWriter(Version).Guid(Id).Text(Path).Seal(MetadataKeys.Directory(Id));

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static DirectoryRecord Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a log directory", key, value, Version);
        return new DirectoryRecord(reader.Guid(), reader.Text());
    }
}
