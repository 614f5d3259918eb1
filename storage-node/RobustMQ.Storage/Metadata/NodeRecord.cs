using RobustMQ.Records;

namespace RobustMQ.Storage.Metadata;

/// <summary>Who the node is (docs/formats/metadata.md, "Node").</summary>
internal sealed record NodeRecord(Guid Id, long Incarnation)
{
    private const byte Version = 1;

    public byte[] Format() => new MetadataWriter(Version).Guid(Id).Int64(Incarnation).Seal(MetadataKeys.Node);

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static NodeRecord Parse(byte[] value)
    {
        var reader = new MetadataReader("the node", MetadataKeys.Node, value, Version);
        return new NodeRecord(reader.Guid(), reader.Int64());
    }
}
