namespace RobustMQ.Storage.Logs;

/// <summary>What readers at a log's end wait for. Any thread; costs nothing while nobody waits.</summary>
internal sealed class LogGrowth
{
    private volatile TaskCompletionSource? _waiting;

    public bool IsAwaited => _waiting is not null;

    /// <summary>Completes with the next <see cref="Signal"/>. Whoever asks looks at the log after that, so that no append is missed.</summary>
    public Task WaitAsync()
    {
        if (_waiting is { } waiting)
            return waiting.Task;
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _waiting, fresh, null) ?? fresh).Task;
    }

    public void Signal()
    {
        if (_waiting is not null)
            Interlocked.Exchange(ref _waiting, null)?.TrySetResult();
    }
}
