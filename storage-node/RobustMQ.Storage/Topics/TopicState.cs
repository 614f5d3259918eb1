using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Topics;

/// <summary>Topics as applied: what decides whether the next change is allowed. Deterministic; used by the group's thread only.</summary>
internal sealed class TopicState
{
    private readonly Dictionary<(Namespace, TopicName), Topic> _topics = [];
    private readonly Dictionary<Namespace, FilterIndex> _filters = [];

    public long Revision { get; set; }

    public IReadOnlyCollection<Topic> Topics => _topics.Values;

    public void Load(Topic topic)
    {
        _topics.Add((topic.Namespace, topic.Name), topic);
        FiltersOf(topic.Namespace).Add(topic);
    }

    public OperationResult Apply(CreateTopic operation, MetadataChanges changes)
    {
        var spec = operation.Spec;
        if (_topics.TryGetValue((spec.Namespace, spec.Name), out var existing))
            return new OperationResult(ErrorCode.AlreadyExists, new TopicChange(existing, existing, existing.Revision), $"topic {spec.Name} exists");
        if (FindOverlap(spec) is { } refusal)
            return refusal;
        return Put(null, new Topic(spec, operation.Id, ++Revision, operation.NowMs), changes);
    }

    public OperationResult Apply(UpdateTopic operation, MetadataChanges changes)
    {
        var wanted = operation.Spec;
        if (!_topics.TryGetValue((wanted.Namespace, wanted.Name), out var topic))
            return new OperationResult(ErrorCode.NotFound, Message: $"no topic {wanted.Name}");
        if (operation.ExpectedRevision != 0 && operation.ExpectedRevision != topic.Revision)
            return new OperationResult(ErrorCode.RevisionMismatch, Message: $"topic {wanted.Name} has revision {topic.Revision}");
        if (wanted.Engine != topic.Spec.Engine)
            return new OperationResult(ErrorCode.InvalidArgument, Message: "the engine of a topic cannot change");
        if (wanted.Partitions < topic.Spec.Partitions)
            return new OperationResult(ErrorCode.InvalidArgument, Message: "partitions can only grow");
        if (FindOverlap(wanted) is { } refusal)
            return refusal;
        return Put(topic, topic with { Spec = wanted, Revision = ++Revision }, changes);
    }

    public OperationResult Apply(DeleteTopic operation, MetadataChanges changes)
    {
        if (!_topics.Remove((operation.Namespace, operation.Name), out var topic))
            return new OperationResult(ErrorCode.NotFound, Message: $"no topic {operation.Name}");
        FiltersOf(topic.Namespace).Remove(topic);
        changes.Remove(MetadataKeys.Topic(topic.Namespace, topic.Name));
        return new OperationResult(ErrorCode.None, new TopicChange(topic, null, ++Revision));
    }

    private OperationResult Put(Topic? before, Topic after, MetadataChanges changes)
    {
        var filters = FiltersOf(after.Namespace);
        if (before is not null)
            filters.Remove(before);
        filters.Add(after);
        _topics[(after.Namespace, after.Name)] = after;
        changes.Put(MetadataKeys.Topic(after.Namespace, after.Name), TopicRecord.Format(after));
        return new OperationResult(ErrorCode.None, new TopicChange(before, after, after.Revision));
    }

    private OperationResult? FindOverlap(TopicSpec spec)
    {
        foreach (var filter in spec.Filters)
        {
            if (FiltersOf(spec.Namespace).FindOverlap(filter, spec.Name) is { } other)
                return new OperationResult(ErrorCode.FilterOverlap, Message: $"filter {filter} shares subjects with topic {other}");
        }
        return null;
    }

    private FilterIndex FiltersOf(Namespace ns)
    {
        if (!_filters.TryGetValue(ns, out var filters))
            _filters.Add(ns, filters = new FilterIndex());
        return filters;
    }
}
