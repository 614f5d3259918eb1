using RobustMQ.Records;
using RobustMQ.Records.Nodes;

namespace RobustMQ.Storage.Metadata;

/// <summary>A lease as the metadata store keeps it (docs/formats/metadata.md, "Lease"). Its deadline is not kept: after a restart every lease begins its TTL anew.</summary>
internal static class LeaseRecord
{
    private const byte Version = 1;

    public static byte[] Format(Lease lease) =>
        new MetadataWriter(Version)
            .Text(lease.Name).Text(lease.Holder).Bytes(lease.Value.Span).Int64((long)lease.Ttl.TotalMilliseconds).Int64(lease.Revision)
            .Seal(MetadataKeys.Lease(lease.Name));

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static Lease Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a lease", key, value, Version);
        var name = reader.Text();
        var holder = reader.Text();
        var bytes = reader.Bytes().ToArray();
        var ttl = TimeSpan.FromMilliseconds(reader.Int64());
        return new Lease(name, holder, bytes, ttl, reader.Int64());
    }
}
