using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.GatewayKit.Live;

/// <summary>Counts a gateway's own subscriptions by filter and queue group, and tells its live feed when a count changes what peers must know. Thread-safe.</summary>
public sealed class LocalInterest
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Namespace, SubjectFilter, string?), int> _counts = [];
    private ILiveFeed? _feed;

    /// <summary>Connects to the feed; what was counted before is announced now.</summary>
    public void Attach(ILiveFeed feed)
    {
        lock (_lock)
        {
            _feed = feed;
            foreach (var ((ns, filter, queue), count) in _counts)
                feed.SetInterest(ns, filter, queue, queue is null ? 1 : count);
        }
    }

    public void Add(Namespace ns, SubjectFilter filter, string? queue) => Change(ns, filter, queue, 1);

    public void Remove(Namespace ns, SubjectFilter filter, string? queue) => Change(ns, filter, queue, -1);

    private void Change(Namespace ns, SubjectFilter filter, string? queue, int by)
    {
        lock (_lock)
        {
            var key = (ns, filter, queue);
            _counts.TryGetValue(key, out var before);
            var after = before + by;
            if (after == 0)
                _counts.Remove(key);
            else
                _counts[key] = after;
            // Only a queue group's weight matters beyond "somebody is there".
            if (queue is not null || before == 0 || after == 0)
                _feed?.SetInterest(ns, filter, queue, queue is null ? Math.Min(after, 1) : after);
        }
    }
}
