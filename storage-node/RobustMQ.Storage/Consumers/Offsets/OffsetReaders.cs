using RobustMQ.Records;

namespace RobustMQ.Storage.Consumers.Offsets;

/// <summary>Which groups may have offsets of a topic, so that they are found when it goes without a look at every group. Any thread.</summary>
internal sealed class OffsetReaders
{
    private readonly Dictionary<(Namespace, TopicName), HashSet<CommittedOffsets>> _groups = [];
    private readonly Dictionary<CommittedOffsets, HashSet<(Namespace, TopicName)>> _topics = [];
    private readonly Lock _lock = new();

    /// <summary>A group has offsets of these logs by now.</summary>
    public void Add(CommittedOffsets group, IEnumerable<TopicPartition> logs)
    {
        lock (_lock)
        {
            if (!_topics.TryGetValue(group, out var topics))
                _topics.Add(group, topics = []);
            foreach (var log in logs)
            {
                if (!topics.Add((log.Namespace, log.Topic)))
                    continue;
                if (!_groups.TryGetValue((log.Namespace, log.Topic), out var groups))
                    _groups.Add((log.Namespace, log.Topic), groups = []);
                groups.Add(group);
            }
        }
    }

    /// <summary>A group is gone.</summary>
    public void Remove(CommittedOffsets group)
    {
        lock (_lock)
        {
            if (!_topics.Remove(group, out var topics))
                return;
            foreach (var topic in topics)
            {
                if (_groups.TryGetValue(topic, out var groups) && groups.Remove(group) && groups.Count == 0)
                    _groups.Remove(topic);
            }
        }
    }

    /// <returns>Groups that may have offsets of a topic.</returns>
    public IReadOnlyCollection<CommittedOffsets> Of(Namespace ns, TopicName topic)
    {
        lock (_lock)
            return _groups.TryGetValue((ns, topic), out var groups) ? [.. groups] : [];
    }

    /// <summary>A topic is gone.</summary>
    /// <returns>Groups that may have offsets of it.</returns>
    public IReadOnlyCollection<CommittedOffsets> Take(Namespace ns, TopicName topic)
    {
        lock (_lock)
        {
            if (!_groups.Remove((ns, topic), out var groups))
                return [];
            foreach (var group in groups)
                _topics[group].Remove((ns, topic));
            return groups;
        }
    }
}
