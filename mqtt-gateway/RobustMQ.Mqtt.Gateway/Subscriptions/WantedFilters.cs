using System.Text;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Filters under which messages are kept for sessions, each once, and the shared subscriptions among them. Guarded by its owner.</summary>
internal sealed class WantedFilters
{
    private readonly Dictionary<byte[], Entry> _entries = new(Utf8Comparer.Instance);
    private readonly Dictionary<(string Name, string Filter), int> _shares = [];
    private readonly SubjectTrie<Entry> _filters = new();

    public bool HasMatch(ReadOnlySpan<byte> subject) => _filters.HasMatch(subject);

    /// <summary>What is stored reaches the members of this shared subscription from there.</summary>
    public bool IsKept(string shareName, string filter) => _shares.Count > 0 && _shares.ContainsKey((shareName, filter));

    /// <returns>Whether it is the first of its shared subscription.</returns>
    public bool Add(WantedSubjects wanted)
    {
        var isFirst = false;
        if (KeyOf(wanted) is { } key)
            isFirst = (_shares[key] = _shares.GetValueOrDefault(key) + 1) == 1;
        if (!_entries.TryGetValue(wanted.FilterBytes, out var entry))
        {
            entry = new Entry();
            _entries.Add(wanted.FilterBytes, entry);
            _filters.Add(wanted.FilterBytes, entry);
        }
        entry.Count++;
        return isFirst;
    }

    /// <returns>Whether it was the last of its shared subscription.</returns>
    public bool Remove(WantedSubjects wanted)
    {
        var isLast = false;
        if (KeyOf(wanted) is { } key && _shares.TryGetValue(key, out var members))
        {
            isLast = members == 1;
            if (isLast)
                _shares.Remove(key);
            else
                _shares[key] = members - 1;
        }
        if (!_entries.TryGetValue(wanted.FilterBytes, out var entry) || --entry.Count > 0)
            return isLast;
        _entries.Remove(wanted.FilterBytes);
        _filters.Remove(wanted.FilterBytes, entry);
        return isLast;
    }

    private static (string Name, string Filter)? KeyOf(WantedSubjects wanted) =>
        wanted.ShareName is { } name ? (name, Encoding.UTF8.GetString(wanted.FilterBytes)) : null;

    private sealed class Entry
    {
        public int Count { get; set; }
    }
}
