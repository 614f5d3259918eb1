using System.Text;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Records;
using RobustMQ.Records.Subjects;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>One list of a subscribe permission: plain filters, filters for queue groups, and the topics of grants.</summary>
internal sealed class SubscribeRules
{
    private readonly List<byte[]> _filters = [];
    private readonly List<QueueRule> _queues = [];
    private readonly SubjectTrie<object> _trie = new();
    private readonly byte[][] _prefixes;

    /// <param name="grants">Those that are meant: of topics.</param>
    public SubscribeRules(IEnumerable<string> entries, IReadOnlyList<Grant> grants)
    {
        _prefixes = TopicGrants.Prefixes(grants);
        foreach (var entry in entries.Concat(TopicGrants.Filters(grants)))
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

    /// <summary>Whether a plain entry holds the whole filter.</summary>
    public bool Holds(ReadOnlySpan<byte> filter)
    {
        foreach (var entry in _filters)
        {
            if (FilterSubset.IsWithin(filter, entry))
                return true;
        }
        foreach (var prefix in _prefixes)
        {
            if (NamePrefix.Holds(prefix, filter))
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
        foreach (var prefix in _prefixes)
        {
            if (NamePrefix.Touches(prefix, filter))
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
    public bool Matches(ReadOnlySpan<byte> subject)
    {
        if (_trie.HasMatch(subject))
            return true;
        foreach (var prefix in _prefixes)
        {
            if (subject.StartsWith(prefix))
                return true;
        }
        return false;
    }
}
