using System.Collections.Concurrent;

namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>
/// Bytes a second that one user and client id may produce and fetch through this gateway, and requests a second. Who takes more is served, told how long to hold back, and
/// not read from for that time.
/// </summary>
internal sealed class Quotas(KafkaOptions options, TimeProvider time)
{
    /// <summary>Names remembered; when full they are all forgotten, which gives everybody one second's worth.</summary>
    private const int NamesMax = 10_000;

    private static readonly TimeSpan ThrottleMax = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string User, string ClientId, Kind), Bucket> _buckets = new();

    private enum Kind
    {
        Produce,
        Fetch,
        Request,
    }

    /// <returns>How long the client is to wait, be it for this or for what it was told to wait for before.</returns>
    public TimeSpan Produced(RequestContext context, long bytes) => Take(context, bytes, options.ProduceBytesPerSecond, Kind.Produce);

    public TimeSpan Fetched(RequestContext context, long bytes) => Take(context, bytes, options.FetchBytesPerSecond, Kind.Fetch);

    public TimeSpan Requested(RequestContext context) => Take(context, 1, options.RequestsPerSecond, Kind.Request);

    private TimeSpan Take(RequestContext context, long count, long perSecond, Kind kind)
    {
        if (perSecond == 0)
            return context.Throttle;
        if (_buckets.Count > NamesMax)
            _buckets.Clear();
        var bucket = _buckets.GetOrAdd((context.Identity.Name, context.ClientId, kind), static (_, start) => new Bucket(start.Now, start.PerSecond), (Now: time.GetTimestamp(), PerSecond: perSecond));
        var wait = bucket.Take(count, time);
        return wait > context.Throttle ? wait : context.Throttle;
    }

    /// <summary>What was taken beyond the rate, as the time it takes the rate to catch up.</summary>
    private sealed class Bucket(long timestamp, long perSecond)
    {
        private readonly Lock _lock = new();
        private long _timestamp = timestamp;
        private double _debt = -perSecond;

        public TimeSpan Take(long count, TimeProvider time)
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                // One second's worth may be saved up.
                _debt = Math.Max(-perSecond, _debt - (time.GetElapsedTime(_timestamp, now).TotalSeconds * perSecond)) + count;
                _timestamp = now;
                var wait = TimeSpan.FromSeconds(Math.Max(0, _debt) / perSecond);
                return wait < ThrottleMax ? wait : ThrottleMax;
            }
        }
    }
}
