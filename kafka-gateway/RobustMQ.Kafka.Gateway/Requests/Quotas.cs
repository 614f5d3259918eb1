using System.Collections.Concurrent;

namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>
/// Bytes a second that one user and client id may produce and fetch through this gateway. Who takes more is served, told how long to hold back, and not read from for
/// that time.
/// </summary>
internal sealed class Quotas(KafkaOptions options, TimeProvider time)
{
    /// <summary>Names remembered; when full they are all forgotten, which gives everybody one second's worth.</summary>
    private const int NamesMax = 10_000;

    private static readonly TimeSpan ThrottleMax = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string User, string ClientId, bool IsProduce), Bucket> _buckets = new();

    /// <returns>How long the client is to wait.</returns>
    public TimeSpan Produced(RequestContext context, long bytes) => Take(context, bytes, options.ProduceBytesPerSecond, isProduce: true);

    public TimeSpan Fetched(RequestContext context, long bytes) => Take(context, bytes, options.FetchBytesPerSecond, isProduce: false);

    private TimeSpan Take(RequestContext context, long bytes, long perSecond, bool isProduce)
    {
        if (perSecond == 0)
            return TimeSpan.Zero;
        if (_buckets.Count > NamesMax)
            _buckets.Clear();
        var bucket = _buckets.GetOrAdd((context.Identity.Name, context.ClientId, isProduce), static (_, now) => new Bucket(now), time.GetTimestamp());
        return bucket.Take(bytes, perSecond, time);
    }

    /// <summary>What was taken beyond the rate, as the time it takes the rate to catch up.</summary>
    private sealed class Bucket(long timestamp)
    {
        private readonly Lock _lock = new();
        private long _timestamp = timestamp;
        private double _debtBytes;

        public TimeSpan Take(long bytes, long perSecond, TimeProvider time)
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                // One second's worth may be saved up.
                _debtBytes = Math.Max(-perSecond, _debtBytes - (time.GetElapsedTime(_timestamp, now).TotalSeconds * perSecond)) + bytes;
                _timestamp = now;
                var wait = TimeSpan.FromSeconds(Math.Max(0, _debtBytes) / perSecond);
                return wait < ThrottleMax ? wait : ThrottleMax;
            }
        }
    }
}
