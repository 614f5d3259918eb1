using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>
/// How many transactional ids of each namespace this gateway coordinates, so that there is an end to them. Counted where the records of its slots are searched, and as ids come: one that comes while its slot is
/// being searched counts once, whether the search finds it or not. Any thread.
/// </summary>
/// <param name="idsMax">Of one namespace.</param>
internal sealed class TransactionalIds(int idsMax)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Namespace Namespace, int Slot), SlotIds> _slots = [];
    private bool _hasRefused;

    public bool IsCounted(Namespace ns, int slot)
    {
        lock (_lock)
            return _slots.TryGetValue((ns, slot), out var ids) && ids.IsCounted;
    }

    /// <summary>Before the records of a slot are read. The slot has to be this gateway's after this call: where it is lost later on, what the search finds counts for nothing.</summary>
    public SlotSearch Begin(Namespace ns, int slot)
    {
        lock (_lock)
            return Slot(ns, slot).Begin(_lock);
    }

    /// <summary>A slot is another gateway's by now.</summary>
    public void Forget(int slot)
    {
        lock (_lock)
        {
            foreach (var (key, ids) in _slots)
            {
                if (key.Slot == slot && ids.Forget())
                    _slots.Remove(key);
            }
        }
    }

    /// <summary>An id is about to be stored that was not there; <see cref="Added"/> or <see cref="GivenUp"/> says what became of it. Where several bring the same one it counts once.</summary>
    /// <returns>False: the namespace has as many as it may.</returns>
    public bool TryAdd(Namespace ns, int slot, string id)
    {
        lock (_lock)
        {
            var count = 0;
            foreach (var (key, ids) in _slots)
                count += key.Namespace == ns ? ids.Count : 0;
            var wanted = Slot(ns, slot);
            if (count >= idsMax && !wanted.IsPending(id))
            {
                _hasRefused = true;
                return false;
            }
            wanted.Pend(id);
            return true;
        }
    }

    /// <summary>It was stored.</summary>
    public void Added(Namespace ns, int slot, string id)
    {
        lock (_lock)
            Slot(ns, slot).Added(id);
    }

    /// <summary>It was not, at least not by this one.</summary>
    /// <param name="mayBeStored">Nobody knows: the slot is counted again before the next id is taken.</param>
    public void GivenUp(Namespace ns, int slot, string id, bool mayBeStored)
    {
        lock (_lock)
            Slot(ns, slot).GivenUp(id, mayBeStored);
    }

    /// <returns>Whether one has been refused since this was last asked: a search would find those that may be forgotten.</returns>
    public bool TakeRefused()
    {
        lock (_lock)
        {
            var hasRefused = _hasRefused;
            _hasRefused = false;
            return hasRefused;
        }
    }

    private SlotIds Slot(Namespace ns, int slot)
    {
        if (!_slots.TryGetValue((ns, slot), out var ids))
            _slots.Add((ns, slot), ids = new SlotIds());
        return ids;
    }
}
