using RobustMQ.Records.Live;

namespace RobustMQ.Storage.Live;

/// <summary>
/// Knows whether some subscriber is falling behind, so that appenders can give it a moment. A burst is worth waiting for; a subscriber that stays behind is not: after
/// <see cref="Patience"/> it counts no more, and loses what it cannot take. Any thread.
/// </summary>
internal sealed class Congestion(TimeProvider time)
{
    /// <summary>How long one subscriber may hold appenders up in a row.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<SubscriberId, long> _behindSince = [];
    private volatile bool _isAny;

    /// <summary>Costs one read where nobody is behind.</summary>
    public bool IsWorthWaitingFor => _isAny && IsAnyFresh();

    public void Report(SubscriberId subscriber, bool isBehind)
    {
        lock (_lock)
        {
            if (isBehind)
                _behindSince.TryAdd(subscriber, time.GetTimestamp());
            else
                _behindSince.Remove(subscriber);
            _isAny = _behindSince.Count > 0;
        }
    }

    private bool IsAnyFresh()
    {
        lock (_lock)
        {
            foreach (var since in _behindSince.Values)
            {
                if (time.GetElapsedTime(since) < Patience)
                    return true;
            }
            return false;
        }
    }
}
