using System.Collections.Concurrent;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>The open connections, and totals over them and those that ended. Thread-safe.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<long, KafkaConnection> _open = new();
    private readonly Lock _lock = new();
    private Traffic _ended;
    private long _lastId;
    private long _loginsRefused;

    public int Count => _open.Count;

    public long Total => Interlocked.Read(ref _lastId);

    public long LoginsRefused => Interlocked.Read(ref _loginsRefused);

    public long NextId() => Interlocked.Increment(ref _lastId);

    public void CountRefusedLogin() => Interlocked.Increment(ref _loginsRefused);

    public void Add(KafkaConnection connection) => _open.TryAdd(connection.Id, connection);

    public void Remove(KafkaConnection connection)
    {
        if (!_open.TryRemove(connection.Id, out _))
            return;
        lock (_lock)
            _ended = _ended.With(connection);
    }

    public Traffic Totals()
    {
        Traffic totals;
        lock (_lock)
            totals = _ended;
        foreach (var (_, connection) in _open)
            totals = totals.With(connection);
        return totals;
    }
}

/// <summary>What connections have carried.</summary>
internal readonly record struct Traffic(long BytesIn, long BytesOut, long RecordsIn, long RecordsStored, long RecordsOut)
{
    public Traffic With(KafkaConnection connection) =>
        new(
            BytesIn + connection.BytesIn,
            BytesOut + connection.BytesOut,
            RecordsIn + connection.RecordsIn,
            RecordsStored + connection.RecordsStored,
            RecordsOut + connection.RecordsOut);
}
