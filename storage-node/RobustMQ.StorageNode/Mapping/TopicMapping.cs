using Google.Protobuf;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>Topics to messages and back. Whether a spec makes sense is the catalog's to say; a value that is none at all is a <see cref="FormatException"/>.</summary>
internal static class TopicMapping
{
    public static TopicSpec FromMessage(Proto.TopicSpec? message)
    {
        if (message is null)
            throw new FormatException("the spec is missing");
        if (!Enum.IsDefined(message.Engine) || !Enum.IsDefined(message.Durability))
            throw new FormatException("unknown engine or durability");
        return new TopicSpec
        {
            Namespace = Names.ToNamespace(message.Namespace),
            Name = TopicName.Parse(message.Name),
            Engine = (EngineKind)message.Engine,
            Partitions = message.Partitions,
            Retention = message.Retention is { } retention ? FromMessage(retention) : new Retention(),
            Filters = Names.ToFilters(message.Filters),
            Durability = (Durability)message.Durability,
            MaxBatchBytes = message.MaxBatchBytes,
            DedupWindowMs = message.DedupWindowMs,
            ExpiresAtMs = message.ExpiresAtMs,
            TtlMs = message.TtlMs,
            Labels = new Dictionary<string, string>(message.Labels),
        };
    }

    public static Proto.TopicReply ToReply(TopicResult result) => new()
    {
        Error = Errors.ToMessage(result.Error, result.Message),
        Topic = result.Topic is { } topic ? ToMessage(topic) : null,
    };

    public static Proto.Topic ToMessage(Topic topic)
    {
        Span<byte> id = stackalloc byte[16];
        topic.Id.TryWriteBytes(id, bigEndian: true, out _);
        return new Proto.Topic { Spec = ToMessage(topic.Spec), Id = ByteString.CopyFrom(id), Revision = topic.Revision, CreatedMs = topic.CreatedMs };
    }

    public static Proto.TopicEvent ToMessage(TopicEvent change) => new()
    {
        Kind = (Proto.TopicEvent.Types.Kind)change.Kind,
        Topic = change.Topic is { } topic ? ToMessage(topic) : null,
        Revision = change.Revision,
    };

    private static Retention FromMessage(Proto.Retention message) => Enum.IsDefined(message.Policy)
        ? new Retention
        {
            Policy = (RetentionPolicy)message.Policy,
            MaxAgeMs = message.MaxAgeMs,
            MaxBytes = message.MaxBytes,
            MaxRecords = message.MaxRecords,
            MaxRecordsPerKey = message.MaxRecordsPerKey,
        }
        : throw new FormatException("unknown retention policy");

    private static Proto.TopicSpec ToMessage(TopicSpec spec)
    {
        var message = new Proto.TopicSpec
        {
            Namespace = spec.Namespace.Value,
            Name = spec.Name.Value,
            Engine = (Proto.Engine)spec.Engine,
            Partitions = spec.Partitions,
            Retention = new Proto.Retention
            {
                Policy = (Proto.RetentionPolicy)spec.Retention.Policy,
                MaxAgeMs = spec.Retention.MaxAgeMs,
                MaxBytes = spec.Retention.MaxBytes,
                MaxRecords = spec.Retention.MaxRecords,
                MaxRecordsPerKey = spec.Retention.MaxRecordsPerKey,
            },
            Durability = (Proto.Durability)spec.Durability,
            MaxBatchBytes = spec.MaxBatchBytes,
            DedupWindowMs = spec.DedupWindowMs,
            ExpiresAtMs = spec.ExpiresAtMs,
            TtlMs = spec.TtlMs,
        };
        foreach (var filter in spec.Filters)
            message.Filters.Add(filter.Value);
        foreach (var (name, value) in spec.Labels)
            message.Labels.Add(name, value);
        return message;
    }
}
