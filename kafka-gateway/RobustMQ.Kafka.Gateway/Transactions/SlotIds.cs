namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>The transactional ids of one slot and namespace, as numbers. Under the lock of <see cref="TransactionalIds"/>.</summary>
internal sealed class SlotIds
{
    /// <summary>About to be stored, and by how many. They are not among those that are stored.</summary>
    private readonly Dictionary<string, int> _pending = [];
    private readonly List<SlotSearch> _searches = [];

    /// <summary>Null: not counted yet, or another gateway's.</summary>
    private int? _stored;
    private bool _isInDoubt;

    public bool IsCounted => _stored is not null && !_isInDoubt;

    public int Count => (_stored ?? 0) + _pending.Count;

    public bool IsPending(string id) => _pending.ContainsKey(id);

    public void Pend(string id) => _pending[id] = _pending.GetValueOrDefault(id) + 1;

    public void Added(string id)
    {
        foreach (var search in _searches)
            search.Came(id);
        // Unless a search has found it before this was told.
        if (_pending.Remove(id))
            _stored++;
    }

    public void GivenUp(string id, bool mayBeStored)
    {
        if (_pending.TryGetValue(id, out var count))
        {
            if (count == 1)
                _pending.Remove(id);
            else
                _pending[id] = count - 1;
        }
        _isInDoubt |= mayBeStored;
        foreach (var search in _searches)
            search.LeavesDoubt |= mayBeStored;
    }

    public SlotSearch Begin(Lock gate)
    {
        var search = new SlotSearch(this, gate);
        _searches.Add(search);
        return search;
    }

    public void Remove(SlotSearch search) => _searches.Remove(search);

    /// <summary>What this search has read is what there is, with what came meanwhile.</summary>
    public void Set(SlotSearch search, IReadOnlySet<string> found, int missed, long removed)
    {
        foreach (var id in found)
        {
            // It is stored, though whoever stored it has yet to say so.
            if (_pending.Remove(id))
                _searches.ForEach(other => other.Came(id));
        }
        _stored = found.Count + missed;
        _isInDoubt = search.LeavesDoubt;
        if (removed == 0)
            return;
        // Another one may have read what is gone now.
        _searches.ForEach(static other => other.IsVoid = true);
    }

    /// <returns>Whether nothing is left to remember.</returns>
    public bool Forget()
    {
        _searches.ForEach(static search => search.IsVoid = true);
        (_stored, _isInDoubt) = (null, false);
        return _pending.Count == 0 && _searches.Count == 0;
    }
}
