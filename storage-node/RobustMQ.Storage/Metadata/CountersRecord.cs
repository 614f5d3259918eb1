using RobustMQ.Records;

namespace RobustMQ.Storage.Metadata;

/// <summary>The metadata group's counters (docs/formats/metadata.md, "Counters").</summary>
/// <param name="AppliedIndex">Index of the last operation that was applied.</param>
/// <param name="TopicRevision">Greatest revision of a topic change.</param>
/// <param name="LeaseRevision">Greatest revision of a lease change.</param>
/// <param name="LastProducerId">Greatest producer id that was given out.</param>
internal sealed record CountersRecord(long AppliedIndex, long TopicRevision, long LeaseRevision, long LastProducerId)
{
    private const byte Version = 1;

    public static CountersRecord Zero { get; } = new(0, 0, 0, 0);

    public byte[] Format() =>
        new MetadataWriter(Version).Int64(AppliedIndex).Int64(TopicRevision).Int64(LeaseRevision).Int64(LastProducerId).Seal(MetadataKeys.Counters);

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static CountersRecord Parse(byte[] value)
    {
        var reader = new MetadataReader("the counters", MetadataKeys.Counters, value, Version);
        return new CountersRecord(reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64());
    }
}
