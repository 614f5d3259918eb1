using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Topics;

/// <summary>Topics as applied: what decides whether the next change is allowed. Deterministic; used by the group's thread only.</summary>
internal sealed class TopicState
{
    private readonly Dictionary<(Namespace, TopicName), Topic> _topics = [];
    private readonly Dictionary<Namespace, FilterIndex> _filters = [];
    private readonly SortedSet<Topic> _expiring = new(ByExpiry.Instance);
    private readonly Dictionary<Guid, DroppedRecord> _dropped = [];
    private readonly HashSet<Guid> _takingOver = [];

    public long Revision { get; set; }

    public IReadOnlyCollection<Topic> Topics => _topics.Values;

    /// <summary>Topics that are gone and whose logs may still be there.</summary>
    public IReadOnlyCollection<DroppedRecord> Dropped => _dropped.Values;

    /// <summary>Topics that do not hold yet all that they take over.</summary>
    public IReadOnlyCollection<Guid> TakingOver => _takingOver;

    public void Load(DroppedRecord dropped) => _dropped.Add(dropped.TopicId, dropped);

    public void LoadTakeover(Guid topic) => _takingOver.Add(topic);

    public void Load(Topic topic)
    {
        _topics.Add((topic.Namespace, topic.Name), topic);
        FiltersOf(topic.Namespace).Add(topic);
        if (topic.Spec.ExpiresAtMs != 0)
            _expiring.Add(topic);
    }

    public OperationResult Apply(CreateTopic operation, MetadataChanges changes)
    {
        var spec = operation.Spec;
        var preceding = new List<TopicChange>();
        if (_topics.TryGetValue((spec.Namespace, spec.Name), out var existing))
        {
            if (!existing.IsExpiredAt(operation.NowMs))
                return new OperationResult(ErrorCode.AlreadyExists, new TopicChange(existing, existing, existing.Revision), $"topic {spec.Name} exists");
            preceding.Add(Remove(existing, changes));
        }
        while (FindOverlap(spec, out var filter) is { } other)
        {
            if (!_topics[(spec.Namespace, other)].IsExpiredAt(operation.NowMs))
                return Overlap(filter, other) with { Value = new TopicsExpired(preceding) };
            preceding.Add(Remove(_topics[(spec.Namespace, other)], changes));
        }
        var topic = new Topic(spec, operation.Id, ++Revision, operation.NowMs);
        if (operation.TakesOver)
        {
            _takingOver.Add(topic.Id);
            changes.Put(MetadataKeys.Takeover(topic.Id), TakeoverRecord.Format(topic.Id));
        }
        return Put(null, topic, changes, preceding);
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
        if (FindOverlap(wanted, out var filter) is { } other)
            return Overlap(filter, other);
        return Put(topic, topic with { Spec = wanted, Revision = ++Revision }, changes);
    }

    public OperationResult Apply(DeleteTopic operation, MetadataChanges changes)
    {
        return _topics.TryGetValue((operation.Namespace, operation.Name), out var topic)
            ? new OperationResult(ErrorCode.None, Remove(topic, changes))
            : new OperationResult(ErrorCode.NotFound, Message: $"no topic {operation.Name}");
    }

    public OperationResult Apply(ExpireTopics operation, MetadataChanges changes)
    {
        var expired = new List<TopicChange>();
        while (expired.Count < operation.CountMax && _expiring.Min is { } first && first.IsExpiredAt(operation.NowMs))
            expired.Add(Remove(first, changes));
        return new OperationResult(ErrorCode.None, new TopicsExpired(expired));
    }

    public OperationResult Apply(ForgetDropped operation, MetadataChanges changes)
    {
        foreach (var topic in operation.Topics)
        {
            if (_dropped.Remove(topic))
                changes.Remove(MetadataKeys.DroppedTopic(topic));
        }
        return new OperationResult(ErrorCode.None);
    }

    public OperationResult Apply(ForgetTakeover operation, MetadataChanges changes)
    {
        ForgetTakeover(operation.Topic, changes);
        return new OperationResult(ErrorCode.None);
    }

    private OperationResult Put(Topic? before, Topic after, MetadataChanges changes, IReadOnlyList<TopicChange>? preceding = null)
    {
        var filters = FiltersOf(after.Namespace);
        if (before is not null)
        {
            filters.Remove(before);
            _expiring.Remove(before);
        }
        filters.Add(after);
        if (after.Spec.ExpiresAtMs != 0)
            _expiring.Add(after);
        _topics[(after.Namespace, after.Name)] = after;
        changes.Put(MetadataKeys.Topic(after.Namespace, after.Name), TopicRecord.Format(after));
        return new OperationResult(ErrorCode.None, new TopicChange(before, after, after.Revision) { Preceding = preceding ?? [] });
    }

    private TopicChange Remove(Topic topic, MetadataChanges changes)
    {
        _topics.Remove((topic.Namespace, topic.Name));
        _expiring.Remove(topic);
        FiltersOf(topic.Namespace).Remove(topic);
        changes.Remove(MetadataKeys.Topic(topic.Namespace, topic.Name));
        ForgetTakeover(topic.Id, changes);
        var dropped = new DroppedRecord(topic.Id, topic.Spec.Engine, topic.Spec.Partitions);
        _dropped[topic.Id] = dropped;
        changes.Put(MetadataKeys.DroppedTopic(topic.Id), dropped.Format());
        return new TopicChange(topic, null, ++Revision);
    }

    private void ForgetTakeover(Guid topic, MetadataChanges changes)
    {
        if (_takingOver.Remove(topic))
            changes.Remove(MetadataKeys.Takeover(topic));
    }

    private TopicName? FindOverlap(TopicSpec spec, out SubjectFilter shared)
    {
        foreach (var filter in spec.Filters)
        {
            shared = filter;
            if (FiltersOf(spec.Namespace).FindOverlap(filter, spec.Name) is { } other)
                return other;
        }
        shared = default;
        return null;
    }

    private static OperationResult Overlap(SubjectFilter filter, TopicName other) =>
        new(ErrorCode.FilterOverlap, Message: $"filter {filter} shares subjects with topic {other}");

    private FilterIndex FiltersOf(Namespace ns)
    {
        if (!_filters.TryGetValue(ns, out var filters))
            _filters.Add(ns, filters = new FilterIndex());
        return filters;
    }

    private sealed class ByExpiry : IComparer<Topic>
    {
        public static ByExpiry Instance { get; } = new();

        public int Compare(Topic? x, Topic? y)
        {
            var byTime = x!.Spec.ExpiresAtMs.CompareTo(y!.Spec.ExpiresAtMs);
            return byTime != 0 ? byTime : x.Id.CompareTo(y.Id);
        }
    }
}
