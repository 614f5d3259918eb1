using RobustMQ.Records.Subjects;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>The bindings of one consumer in one log, and which of them match a record. Few are asked one by one, many through a trie.</summary>
internal sealed class BindingList
{
    private const int AskedOneByOneMax = 8;

    private readonly List<BindingRange> _ranges = [];
    private readonly List<BindingRange> _found = [];
    private SubjectTrie<BindingRange>? _trie;
    private List<BindingRange>? _everything;

    public IReadOnlyList<BindingRange> Ranges => _ranges;

    /// <summary>Changes whenever bindings come or go: what was selected for others does not hold then.</summary>
    public int Version { get; private set; }

    public void Add(BindingRange range)
    {
        Version++;
        _ranges.Add(range);
        _trie = null;
    }

    public void Remove(BindingRange range)
    {
        Version++;
        _ranges.Remove(range);
        _trie = null;
    }

    public BindingRange? Find(int id) => _ranges.Find(range => range.Id == id && range.Until == long.MaxValue);

    /// <summary>Whether a record that is read from the log is the consumer's and was not handed out yet.</summary>
    public bool IsWanted(ReadOnlySpan<byte> subject, long offset)
    {
        var isWanted = false;
        foreach (var range in Candidates(subject, out var areSure))
        {
            if (!range.Covers(offset) || (!areSure && !range.Matches(subject)))
                continue;
            if (offset < range.HandledTo)
                return false;
            isWanted = true;
        }
        return isWanted;
    }

    /// <summary>Adds the ids of the bindings that match a record, ascending. Returns how many.</summary>
    /// <param name="isSingle">It is the consumer's although its bindings begin behind it.</param>
    public int AddIds(ReadOnlySpan<byte> subject, long offset, List<int> ids, bool isSingle = false)
    {
        var first = ids.Count;
        foreach (var range in Candidates(subject, out var areSure))
        {
            if ((range.Covers(offset) || (isSingle && offset < range.Until)) && (areSure || range.Matches(subject)) && !Contains(ids, first, range.Id))
                ids.Add(range.Id);
        }
        if (ids.Count - first > 1)
            ids.Sort(first, ids.Count - first, null);
        return ids.Count - first;
    }

    private static bool Contains(List<int> ids, int first, int id) => ids.IndexOf(id, first) >= 0;

    private List<BindingRange> Candidates(ReadOnlySpan<byte> subject, out bool areSure)
    {
        areSure = _ranges.Count > AskedOneByOneMax;
        if (!areSure)
            return _ranges;
        if (_trie is null)
            Build();
        _found.Clear();
        _trie!.Match(subject, _found);
        _found.AddRange(_everything!);
        return _found;
    }

    private void Build()
    {
        _trie = new SubjectTrie<BindingRange>();
        _everything = _ranges.FindAll(static range => range.Filters.Count == 0);
        foreach (var range in _ranges)
        {
            foreach (var filter in range.Filters)
                _trie.Add(filter, range);
        }
    }
}
