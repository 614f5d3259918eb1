using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Subjects;
using RobustMQ.Records.Topics;

namespace RobustMQ.GatewayKit.Live;

/// <summary>The topics of one namespace, by name and by the subjects they own.</summary>
internal sealed class NamespaceTopics
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TopicName, OwnedTopic> _byName = [];
    private readonly SubjectTrie<OwnedTopic> _bySubject = new();
    private readonly List<OwnedTopic> _matches = [];
    private readonly TopicRoute _liveOnly;
    private readonly TopicRoute _live;
    private HashSet<TopicName>? _unconfirmed;

    public NamespaceTopics(Namespace ns)
    {
        var log = new TopicPartition(ns, TopicName.Live, 0);
        _live = new TopicRoute { Log = log, IsLiveOnly = false };
        _liveOnly = new TopicRoute { Log = log, IsLiveOnly = true };
        Durable = new TopicRoute { Log = new TopicPartition(ns, TopicName.Durable, 0), IsLiveOnly = false, IsKept = true };
    }

    /// <summary>Where a publish goes that no topic takes and that must be kept.</summary>
    public TopicRoute Durable { get; }

    /// <summary>Whether consumers get what this topic takes.</summary>
    public bool Keeps(TopicName name)
    {
        if (name == TopicName.Live)
            return false;
        lock (_lock)
            return !_byName.TryGetValue(name, out var owned) || owned.Topic.Spec.Engine != EngineKind.Memory;
    }

    public TopicRoute Route(ReadOnlySpan<byte> subject)
    {
        if (LiveOnlySubjects.Contains(subject))
            return _liveOnly;
        lock (_lock)
        {
            _matches.Clear();
            _bySubject.Match(subject, _matches);
            return _matches.Count == 0 ? _live : _matches[0].Route(subject);
        }
    }

    public void Put(Topic topic)
    {
        lock (_lock)
        {
            _unconfirmed?.Remove(topic.Name);
            RemoveCore(topic.Name);
            if (topic.Name == TopicName.Live || IsBeyondPublishing(topic))
                return;
            var owned = new OwnedTopic(topic);
            _byName.Add(topic.Name, owned);
            foreach (var filter in topic.Spec.Filters)
                _bySubject.Add(Encoding.UTF8.GetBytes(filter.Value), owned);
        }
    }

    public void Remove(TopicName name)
    {
        lock (_lock)
            RemoveCore(name);
    }

    /// <summary>A watch starts over: what it does not tell again by <see cref="EndReset"/> is gone.</summary>
    public void BeginReset()
    {
        lock (_lock)
            _unconfirmed = [.. _byName.Keys];
    }

    public void EndReset()
    {
        lock (_lock)
        {
            foreach (var name in _unconfirmed ?? [])
                RemoveCore(name);
            _unconfirmed = null;
        }
    }

    /// <summary>Topics that are used by name only say so with a filter among the live-only subjects. There may be very many of them (mailboxes), and no publish is ever routed to one.</summary>
    public static bool IsBeyondPublishing(Topic topic)
    {
        foreach (var filter in topic.Spec.Filters)
        {
            if (!LiveOnlySubjects.Contains(Encoding.UTF8.GetBytes(filter.Value)))
                return false;
        }
        return topic.Spec.Filters.Count > 0;
    }

    private void RemoveCore(TopicName name)
    {
        if (!_byName.Remove(name, out var owned))
            return;
        foreach (var filter in owned.Topic.Spec.Filters)
            _bySubject.Remove(Encoding.UTF8.GetBytes(filter.Value), owned);
    }

    private sealed class OwnedTopic(Topic topic)
    {
        private readonly TopicRoute[] _routes =
        [
            .. Enumerable.Range(0, Math.Max(1, topic.Spec.Partitions))
                .Select(partition => new TopicRoute { Log = new TopicPartition(topic.Namespace, topic.Name, partition), IsLiveOnly = false, IsKept = topic.Spec.Engine != EngineKind.Memory })
        ];

        public Topic Topic { get; } = topic;

        public TopicRoute Route(ReadOnlySpan<byte> subject) =>
            _routes.Length == 1 ? _routes[0] : _routes[Partitioner.PartitionOf(subject, _routes.Length)];
    }
}
