namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>
/// Bytes of all requests that are being received or served. A request's memory is reserved when its length is known and before a byte of it is taken, so that no number
/// of connections can make the gateway hold more; whoever finds it taken waits in line, unread. A request larger than all of it gets in alone.
/// </summary>
internal sealed class RequestMemory(long bytesMax)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Turn)> _waiting = new();
    private long _used;

    public long UsedBytes
    {
        get
        {
            lock (_lock)
                return _used;
        }
    }

    public async ValueTask ReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<(long Bytes, TaskCompletionSource Turn)> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _used += bytes;
                return;
            }
            place = _waiting.AddLast((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        var cancellation = cancellationToken.Register(() => Leave(place));
        await using (cancellation.ConfigureAwait(false))
            await place.Value.Turn.Task.ConfigureAwait(false);
    }

    public void Release(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
            Admit();
        }
    }

    private void Leave(LinkedListNode<(long Bytes, TaskCompletionSource Turn)> place)
    {
        lock (_lock)
        {
            if (place.List is null)
                return;
            _waiting.Remove(place);
            place.Value.Turn.TrySetCanceled();
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First is { } next && Fits(next.Value.Bytes))
        {
            _waiting.RemoveFirst();
            _used += next.Value.Bytes;
            next.Value.Turn.TrySetResult();
        }
    }

    private bool Fits(long bytes) => _used == 0 || _used + bytes <= bytesMax;
}
