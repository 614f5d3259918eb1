namespace RobustMQ.Storage.Replication;

/// <summary>
/// The last changes by revision, bounded, for watches that read at their own pace. Nobody waits for a slow watch, and it holds no buffer of its own: one that falls
/// behind what is kept finds out by <see cref="TryRead"/> and starts over.
/// </summary>
internal sealed class ChangeFeed<T>(int capacity, long revision)
{
    private readonly Queue<(long Revision, T Change)> _changes = new();
    private readonly Lock _lock = new();
    private long _forgotten = revision;
    private TaskCompletionSource? _changed;

    /// <summary>Of the last change.</summary>
    public long Revision { get; private set; } = revision;

    /// <summary>No changes will come any more; watches end.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Adds a change with a greater revision than all before.</summary>
    public void Add(long revision, T change)
    {
        TaskCompletionSource? changed;
        lock (_lock)
        {
            _changes.Enqueue((revision, change));
            Revision = revision;
            if (_changes.Count > capacity)
                _forgotten = _changes.Dequeue().Revision;
            changed = _changed;
            _changed = null;
        }
        changed?.TrySetResult();
    }

    public void Close()
    {
        TaskCompletionSource? changed;
        lock (_lock)
        {
            IsClosed = true;
            changed = _changed;
            _changed = null;
        }
        changed?.TrySetResult();
    }

    /// <summary>Adds every change after a revision to <paramref name="into"/>, and says when there will be more.</summary>
    /// <returns>False where changes after the revision are no longer known, or the revision is not of this feed.</returns>
    public bool TryRead(long after, List<(long Revision, T Change)> into, out Task more)
    {
        lock (_lock)
        {
            more = IsClosed ? Task.CompletedTask : (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (after < _forgotten || after > Revision)
                return false;
            foreach (var entry in _changes)
            {
                if (entry.Revision > after)
                    into.Add(entry);
            }
            return true;
        }
    }
}
