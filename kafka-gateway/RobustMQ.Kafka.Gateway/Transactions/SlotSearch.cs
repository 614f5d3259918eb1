namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>A search of a slot's records under way. What comes to the slot meanwhile may be found by it or not.</summary>
internal sealed class SlotSearch(SlotIds slot, Lock gate) : IDisposable
{
    private readonly HashSet<string> _came = [];

    /// <summary>The slot was lost, or another search has removed something: this one's findings are no count any more.</summary>
    public bool IsVoid { get; set; }

    /// <summary>Something may have been stored behind the search.</summary>
    public bool LeavesDoubt { get; set; }

    /// <summary>Of an id that has been stored since the search began.</summary>
    public void Came(string id) => _came.Add(id);

    /// <summary>All records are read.</summary>
    /// <param name="found">Ids that are there.</param>
    /// <param name="unused">Ids that were there and were to be removed.</param>
    /// <param name="removed">How many of them were: one that came into use meanwhile has stayed.</param>
    /// <returns>False: the findings are void.</returns>
    public bool End(IReadOnlySet<string> found, int unused = 0, long removed = 0)
    {
        lock (gate)
        {
            if (IsVoid)
                return false;
            _came.ExceptWith(found);
            slot.Set(this, found, _came.Count + (int)Math.Max(0, unused - removed), removed);
            return true;
        }
    }

    public void Dispose()
    {
        lock (gate)
            slot.Remove(this);
    }
}
