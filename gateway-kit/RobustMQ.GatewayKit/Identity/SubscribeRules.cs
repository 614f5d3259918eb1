using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Subjects;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>One list of a subscribe permission: plain filters, and filters for queue groups.</summary>
internal sealed class SubscribeRules
{
    private readonly List<byte[]> _filters = [];
    private readonly List<QueueRule> _queues = [];
    private readonly SubjectTrie<object> _trie = new();

    public SubscribeRules(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            var parts = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var filter = Encoding.UTF8.GetBytes(parts[0]);
            if (parts.Length > 1)
            {
                _queues.Add(new QueueRule(filter, Encoding.UTF8.GetBytes(parts[1])));
            }
            else
            {
                _filters.Add(filter);
                _trie.Add(filter, filter);
            }
        }
    }

    public bool IsEmpty => _filters.Count + _queues.Count == 0;

    /// <summary>Whether a plain entry holds the whole filter.</summary>
    public bool Holds(ReadOnlySpan<byte> filter)
    {
        foreach (var entry in _filters)
        {
            if (FilterSubset.IsWithin(filter, entry))
                return true;
        }
        return false;
    }

    /// <summary>Whether a plain entry and the filter have a subject in common.</summary>
    public bool Touches(ReadOnlySpan<byte> filter)
    {
        foreach (var entry in _filters)
        {
            if (SubjectRules.Overlap(filter, entry))
                return true;
        }
        return false;
    }

    /// <summary>What the entries with a queue say; null where none of them speaks of the filter.</summary>
    public bool? HoldsQueue(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> queue)
    {
        bool? holds = null;
        foreach (var rule in _queues)
        {
            if (!FilterSubset.IsWithin(filter, rule.Filter))
                continue;
            if (rule.MatchesQueue(queue))
                return true;
            holds = false;
        }
        return holds;
    }

    public bool TouchesQueue(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> queue)
    {
        foreach (var rule in _queues)
        {
            if (rule.MatchesQueue(queue) && SubjectRules.Overlap(filter, rule.Filter))
                return true;
        }
        return false;
    }

    /// <summary>Whether a plain entry matches one subject.</summary>
    public bool Matches(ReadOnlySpan<byte> subject) => _trie.HasMatch(subject);
}
