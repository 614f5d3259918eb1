using RobustMQ.Records;

namespace RobustMQ.Storage.Logs;

/// <summary>Message ids that a log has seen lately, and where their batches begin: most logs see none, and have no room for them. Used by the log's writer only.</summary>
internal sealed class MessageIdWindow(int idsMax)
{
    private Dictionary<string, Offset>? _offsets;
    private Queue<(string Id, long SeenMs)>? _order;

    public int Count => _offsets?.Count ?? 0;

    /// <summary>Oldest first.</summary>
    public IEnumerable<(string Id, Offset BaseOffset, long SeenMs)> Entries
    {
        get
        {
            foreach (var (id, seenMs) in _order ?? [])
            {
                if (TryFind(id, out var baseOffset))
                    yield return (id, baseOffset, seenMs);
            }
        }
    }

    public bool TryFind(string id, out Offset baseOffset)
    {
        baseOffset = default;
        return _offsets is not null && _offsets.TryGetValue(id, out baseOffset);
    }

    public void Add(string id, Offset baseOffset, long nowMs)
    {
        _offsets ??= new Dictionary<string, Offset>(StringComparer.Ordinal);
        _order ??= new Queue<(string Id, long SeenMs)>();
        if (_order.Count >= idsMax)
            _offsets.Remove(_order.Dequeue().Id);
        _offsets[id] = baseOffset;
        _order.Enqueue((id, nowMs));
    }

    /// <summary>Forgets ids that were seen longer ago than the window.</summary>
    public void Forget(long windowMs, long nowMs)
    {
        while (_order is not null && _order.TryPeek(out var oldest) && oldest.SeenMs + windowMs <= nowMs)
        {
            _order.Dequeue();
            _offsets!.Remove(oldest.Id);
        }
    }
}
