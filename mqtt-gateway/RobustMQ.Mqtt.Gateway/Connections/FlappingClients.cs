using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>
/// Client identifiers that connect again and again in a short time, which stay out for a while. Bounded: under a flood of identifiers the oldest are forgotten. Thread-safe.
/// </summary>
/// <param name="connectsMax">Within <paramref name="window"/>; 0: nobody is counted.</param>
internal sealed class FlappingClients(int connectsMax, TimeSpan window, TimeSpan ban, TimeProvider time)
{
    private const int ClientsMax = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(Namespace, string), Entry> _clients = [];
    private readonly Queue<(Namespace, string)> _order = new();

    /// <summary>Counts a connection.</summary>
    /// <returns>False where the client must stay out.</returns>
    public bool TryConnect(Namespace ns, string clientId)
    {
        if (connectsMax == 0)
            return true;
        var now = time.GetTimestamp();
        var key = (ns, clientId);
        lock (_lock)
        {
            if (!_clients.TryGetValue(key, out var entry))
            {
                while (_clients.Count >= ClientsMax && _order.TryDequeue(out var oldest))
                    _clients.Remove(oldest);
                entry = new Entry { Since = now };
                _clients.Add(key, entry);
                _order.Enqueue(key);
            }
            if (entry.IsBanned && time.GetElapsedTime(entry.Since, now) < ban)
                return false;
            if (entry.IsBanned || time.GetElapsedTime(entry.Since, now) > window)
                (entry.IsBanned, entry.Since, entry.Count) = (false, now, 0);
            if (++entry.Count <= connectsMax)
                return true;
            (entry.IsBanned, entry.Since) = (true, now);
            return false;
        }
    }

    private sealed class Entry
    {
        /// <summary>Beginning of the window, or of the ban.</summary>
        public long Since { get; set; }

        public int Count { get; set; }

        public bool IsBanned { get; set; }
    }
}
