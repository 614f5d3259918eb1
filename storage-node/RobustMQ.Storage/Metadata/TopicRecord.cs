using System.Collections.ObjectModel;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Metadata;

/// <summary>A topic as the metadata store keeps it (docs/formats/metadata.md, "Topic").</summary>
internal static class TopicRecord
{
    /// <summary>2 added the expiry.</summary>
    private const byte Version = 2;

    public static byte[] Format(Topic topic)
    {
        var spec = topic.Spec;
        var writer = new MetadataWriter(Version)
            .Text(spec.Namespace.Value).Text(spec.Name.Value)
            .Guid(topic.Id).Int64(topic.Revision).Int64(topic.CreatedMs)
            .Byte((byte)spec.Engine).Int32(spec.Partitions).Byte((byte)spec.Durability).Int32(spec.MaxBatchBytes).Int64(spec.DedupWindowMs)
            .Byte((byte)spec.Retention.Policy).Int64(spec.Retention.MaxAgeMs).Int64(spec.Retention.MaxBytes)
            .Int64(spec.Retention.MaxRecords).Int64(spec.Retention.MaxRecordsPerKey);
        writer.Int32(spec.Filters.Count);
        foreach (var filter in spec.Filters)
            writer.Text(filter.Value);
        writer.Int32(spec.Labels.Count);
        foreach (var (name, value) in spec.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            writer.Text(name).Text(value);
        writer.Int64(spec.ExpiresAtMs).Int64(spec.TtlMs);
        return writer.Seal(MetadataKeys.Topic(spec.Namespace, spec.Name));
    }

    /// <exception cref="StorageException">Damaged, or of a newer version.</exception>
    public static Topic Parse(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a topic", key, value, Version);
        if (!Namespace.TryParse(reader.Text(), out var ns) || !TopicName.TryParse(reader.Text(), out var name))
            throw reader.Damaged();
        var id = reader.Guid();
        var revision = reader.Int64();
        var createdMs = reader.Int64();
        var spec = new TopicSpec
        {
            Namespace = ns,
            Name = name,
            Engine = (EngineKind)reader.Byte(),
            Partitions = reader.Int32(),
            Durability = (Durability)reader.Byte(),
            MaxBatchBytes = reader.Int32(),
            DedupWindowMs = reader.Int64(),
            Retention = new Retention
            {
                Policy = (RetentionPolicy)reader.Byte(),
                MaxAgeMs = reader.Int64(),
                MaxBytes = reader.Int64(),
                MaxRecords = reader.Int64(),
                MaxRecordsPerKey = reader.Int64(),
            },
            Filters = ReadFilters(ref reader),
            Labels = ReadLabels(ref reader),
        };
        if (reader.Version >= 2)
            spec = spec with { ExpiresAtMs = reader.Int64(), TtlMs = reader.Int64() };
        return new Topic(spec, id, revision, createdMs);
    }

    private static List<SubjectFilter> ReadFilters(ref MetadataReader reader)
    {
        var filters = new List<SubjectFilter>();
        for (var left = reader.Int32(); left > 0; left--)
        {
            if (!SubjectFilter.TryParse(reader.Text(), out var filter))
                throw reader.Damaged();
            filters.Add(filter);
        }
        return filters;
    }

    private static IReadOnlyDictionary<string, string> ReadLabels(ref MetadataReader reader)
    {
        var left = reader.Int32();
        if (left == 0)
            return ReadOnlyDictionary<string, string>.Empty;
        var labels = new Dictionary<string, string>();
        for (; left > 0; left--)
        {
            var name = reader.Text();
            labels[name] = reader.Text();
        }
        return labels;
    }
}
