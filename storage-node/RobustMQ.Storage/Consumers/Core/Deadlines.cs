namespace RobustMQ.Storage.Consumers.Core;

/// <summary>
/// Moments at which something is due, the nearest first. Entries are not removed when what they are for is over: whoever takes one looks whether it still holds, and the owner asks
/// for a <see cref="IsOverfull"/> to rebuild before stale ones pile up.
/// </summary>
internal sealed class Deadlines
{
    private const int StaleMin = 1024;

    private readonly PriorityQueue<RecordKey, long> _queue = new();

    public long NextMs => _queue.TryPeek(out _, out var due) ? due : long.MaxValue;

    public void Add(RecordKey key, long dueMs) => _queue.Enqueue(key, dueMs);

    public bool TryTake(long nowMs, out RecordKey key, out long dueMs)
    {
        if (!_queue.TryPeek(out key, out dueMs) || dueMs > nowMs)
            return false;
        _queue.Dequeue();
        return true;
    }

    public bool IsOverfull(int live) => _queue.Count > (2 * live) + StaleMin;

    public void Clear() => _queue.Clear();
}
