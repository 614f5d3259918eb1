namespace RobustMQ.Storage.Consumers;

/// <summary>Wakes consumers when something of theirs is due: one timer for all.</summary>
internal sealed class ConsumerClock : IAsyncDisposable
{
    /// <summary>Longest time that a timer is set for.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Consumer, long> _due = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _setForMs = long.MaxValue;

    public ConsumerClock(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Wakes a consumer at a time, in the place of what was set before; <see cref="long.MaxValue"/>: not at all.</summary>
    public void Set(Consumer consumer, long dueMs)
    {
        lock (_lock)
        {
            if (consumer.DueMs == dueMs)
                return;
            consumer.DueMs = dueMs;
            // Where it is looked at earlier anyway, it is seen then that it is due later: what is put off again and again would fill the queue.
            if (dueMs < consumer.LookedAtMs)
                Enqueue(consumer, dueMs);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Ring()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
        {
            _setForMs = long.MaxValue;
            while (_due.TryPeek(out var consumer, out var dueMs) && dueMs <= now)
            {
                _due.Dequeue();
                if (consumer.LookedAtMs != dueMs)
                    continue;
                consumer.LookedAtMs = long.MaxValue;
                if (consumer.DueMs > now)
                {
                    if (consumer.DueMs != long.MaxValue)
                        Enqueue(consumer, consumer.DueMs);
                    continue;
                }
                consumer.DueMs = long.MaxValue;
                consumer.Schedule();
            }
            if (_due.TryPeek(out _, out var next))
                SetTimer(next);
        }
    }

    private void Enqueue(Consumer consumer, long dueMs)
    {
        consumer.LookedAtMs = dueMs;
        _due.Enqueue(consumer, dueMs);
        if (dueMs < _setForMs)
            SetTimer(dueMs);
    }

    private void SetTimer(long dueMs)
    {
        _setForMs = dueMs;
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(dueMs - _time.GetUtcNow().ToUnixTimeMilliseconds(), 0, (long)LongestWait.TotalMilliseconds));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
