using System.Threading.Tasks.Sources;

namespace RobustMQ.Storage.Client.Appends;

/// <summary>Wakes one waiter; a signal that nobody waits for is kept for the next wait. Any thread may signal; one at a time may wait.</summary>
internal sealed class AsyncSignal : IValueTaskSource
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private bool _isSet;
    private bool _isWaited;

    public void Set()
    {
        lock (_lock)
        {
            if (!_isWaited)
            {
                _isSet = true;
                return;
            }
            _isWaited = false;
        }
        _source.SetResult(true);
    }

    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_isSet)
            {
                _isSet = false;
                return default;
            }
            _source.Reset();
            _isWaited = true;
            return new ValueTask(this, _source.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
