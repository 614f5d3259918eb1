using RobustMQ.Records;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Live;

/// <summary>What one feed wants, and what of it the storage-node has not been told yet. A filter set several times before it is told is told once, as it is last.</summary>
internal sealed class FeedInterest
{
    /// <summary>Updates of one message.</summary>
    private const int MessageUpdatesMax = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<InterestKey, int> _wanted = [];
    private readonly Dictionary<InterestKey, int> _untold = [];
    private readonly Queue<InterestKey> _order = [];
    private readonly List<(ulong Number, TaskCompletionSource Done)> _waiters = [];
    private ulong _syncAsked;
    private ulong _syncSent;
    private bool _isConnected;

    public void Set(in InterestKey key, int weight)
    {
        lock (_lock)
        {
            if (weight > 0)
                _wanted[key] = weight;
            else
                _wanted.Remove(key);
            if (_isConnected)
                Tell(key, weight);
        }
    }

    /// <summary>A connection stands whose other end knows nothing.</summary>
    public void BeginAnew()
    {
        lock (_lock)
        {
            _isConnected = true;
            _syncSent = 0;
            _untold.Clear();
            _order.Clear();
            foreach (var (key, weight) in _wanted)
                Tell(key, weight);
        }
    }

    public void Disconnected()
    {
        lock (_lock)
            _isConnected = false;
    }

    public Task SyncAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            _waiters.Add((++_syncAsked, done));
        return done.Task;
    }

    /// <summary>Fills the next message; false where there is nothing to tell.</summary>
    public bool TryTake(Proto.SubscribeRequest message)
    {
        message.Updates.Clear();
        message.Sync = 0;
        lock (_lock)
        {
            while (message.Updates.Count < MessageUpdatesMax && _order.TryDequeue(out var key))
            {
                _untold.Remove(key, out var weight);
                message.Updates.Add(ToMessage(key, weight));
            }
            if (_order.Count == 0 && _waiters.Count > 0 && _syncSent < _syncAsked)
                message.Sync = _syncSent = _syncAsked;
        }
        return message.Updates.Count > 0 || message.Sync > 0;
    }

    public void Synced(ulong number)
    {
        lock (_lock)
        {
            for (var at = _waiters.Count - 1; at >= 0; at--)
            {
                if (_waiters[at].Number > number)
                    continue;
                _waiters[at].Done.TrySetResult();
                _waiters.RemoveAt(at);
            }
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            foreach (var (_, done) in _waiters)
                done.TrySetException(new ObjectDisposedException(nameof(ILiveFeed)));
            _waiters.Clear();
        }
    }

    private void Tell(in InterestKey key, int weight)
    {
        if (!_untold.ContainsKey(key))
            _order.Enqueue(key);
        _untold[key] = weight;
    }

    private static Proto.SubscribeRequest.Types.InterestUpdate ToMessage(in InterestKey key, int weight) =>
        new() { Namespace = key.Namespace.Value, Filter = key.Filter.Value, Queue = key.Queue ?? string.Empty, Weight = weight };
}

/// <summary>One filter of a feed. A null <paramref name="Queue"/> is a plain subscription.</summary>
internal readonly record struct InterestKey(Namespace Namespace, SubjectFilter Filter, string? Queue);
