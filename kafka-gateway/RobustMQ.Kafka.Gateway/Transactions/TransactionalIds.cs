using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>
/// How many transactional ids of each namespace this gateway coordinates, so that there is an end to them. Counted where the records of its slots are searched, and as ids come; one that comes while its
/// slot is being searched may be missed until the next search. Any thread.
/// </summary>
/// <param name="idsMax">Of one namespace.</param>
internal sealed class TransactionalIds(int idsMax)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Namespace Namespace, int Slot), int> _counts = [];
    private bool _hasRefused;

    public bool IsCounted(Namespace ns, int slot)
    {
        lock (_lock)
            return _counts.ContainsKey((ns, slot));
    }

    public void Set(Namespace ns, int slot, int count)
    {
        lock (_lock)
            _counts[(ns, slot)] = count;
    }

    /// <summary>A slot is another gateway's by now.</summary>
    public void Forget(int slot)
    {
        lock (_lock)
        {
            foreach (var key in _counts.Keys)
            {
                if (key.Slot == slot)
                    _counts.Remove(key);
            }
        }
    }

    /// <returns>False: the namespace has as many as it may.</returns>
    public bool TryAdd(Namespace ns, int slot)
    {
        lock (_lock)
        {
            var count = 0;
            foreach (var (key, ofSlot) in _counts)
                count += key.Namespace == ns ? ofSlot : 0;
            _hasRefused |= count >= idsMax;
            if (count >= idsMax)
                return false;
            _counts[(ns, slot)] = _counts.GetValueOrDefault((ns, slot)) + 1;
            return true;
        }
    }

    /// <summary>One that was added did not come to be.</summary>
    public void Remove(Namespace ns, int slot)
    {
        lock (_lock)
        {
            if (_counts.TryGetValue((ns, slot), out var count) && count > 0)
                _counts[(ns, slot)] = count - 1;
        }
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
}
