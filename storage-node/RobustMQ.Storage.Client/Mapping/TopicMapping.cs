using RobustMQ.Records;
using RobustMQ.Records.Topics;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Mapping;

/// <summary>Topics to messages and back.</summary>
internal static class TopicMapping
{
    public static Proto.TopicSpec ToMessage(TopicSpec spec)
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

    public static Topic FromMessage(Proto.Topic topic) =>
        new(FromMessage(topic.Spec), new Guid(topic.Id.Span, bigEndian: true), topic.Revision, topic.CreatedMs);

    public static TopicResult FromMessage(Proto.TopicReply reply) =>
        new(Errors.Code(reply.Error), reply.Topic is null ? null : FromMessage(reply.Topic), Errors.Message(reply.Error));

    public static TopicEvent FromMessage(Proto.TopicEvent change) =>
        new((TopicEventKind)change.Kind, change.Topic is null ? null : FromMessage(change.Topic), change.Revision);

    private static TopicSpec FromMessage(Proto.TopicSpec spec) =>
        new()
        {
            Namespace = Names.Namespace(spec.Namespace),
            Name = TopicName.Parse(spec.Name),
            Engine = (EngineKind)spec.Engine,
            Partitions = spec.Partitions,
            Retention = new Retention
            {
                Policy = (RetentionPolicy)spec.Retention.Policy,
                MaxAgeMs = spec.Retention.MaxAgeMs,
                MaxBytes = spec.Retention.MaxBytes,
                MaxRecords = spec.Retention.MaxRecords,
                MaxRecordsPerKey = spec.Retention.MaxRecordsPerKey,
            },
            Filters = [.. spec.Filters.Select(SubjectFilter.Parse)],
            Durability = (Durability)spec.Durability,
            MaxBatchBytes = spec.MaxBatchBytes,
            DedupWindowMs = spec.DedupWindowMs,
            ExpiresAtMs = spec.ExpiresAtMs,
            TtlMs = spec.TtlMs,
            Labels = new Dictionary<string, string>(spec.Labels),
        };
}
