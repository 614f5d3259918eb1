using System.Collections.Concurrent;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>The open connections, and the sums over those that have ended. Thread-safe.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<ulong, AmqpConnection> _open = new();
    private readonly Lock _lock = new();
    private ulong _lastId;
    private long _total;
    private long _loginsRefused;
    private int _lingering;
    private TrafficTotals _ended;

    public int Count => _open.Count;

    /// <summary>The open ones, and those whose socket waits for its client to end it.</summary>
    public int Sockets => _open.Count + Volatile.Read(ref _lingering);

    public long Total => Interlocked.Read(ref _total);

    public long LoginsRefused => Interlocked.Read(ref _loginsRefused);

    public IEnumerable<AmqpConnection> Open => _open.Select(static entry => entry.Value);

    public ulong NextId() => Interlocked.Increment(ref _lastId);

    public AmqpConnection? Find(ulong id) => _open.GetValueOrDefault(id);

    public void Add(AmqpConnection connection)
    {
        _open.TryAdd(connection.Id, connection);
        Interlocked.Increment(ref _total);
    }

    public void Remove(AmqpConnection connection)
    {
        if (!_open.TryRemove(connection.Id, out _))
            return;
        lock (_lock)
            _ended = _ended.With(connection);
    }

    /// <summary>A connection has ended, and its socket has not.</summary>
    public void BeginLingering() => Interlocked.Increment(ref _lingering);

    public void EndLingering() => Interlocked.Decrement(ref _lingering);

    public void CountRefusedLogin() => Interlocked.Increment(ref _loginsRefused);

    /// <summary>Over all connections that there are and were.</summary>
    public TrafficTotals Totals()
    {
        TrafficTotals totals;
        lock (_lock)
            totals = _ended;
        foreach (var connection in Open)
            totals = totals.With(connection);
        return totals;
    }
}

/// <summary>Messages and bytes published by and delivered to clients.</summary>
internal readonly record struct TrafficTotals(long MessagesIn, long BytesIn, long MessagesOut, long BytesOut)
{
    public TrafficTotals With(AmqpConnection connection) => new(
        MessagesIn + connection.MessagesIn, BytesIn + connection.BytesIn, MessagesOut + connection.Outbound.Messages, BytesOut + connection.Outbound.Bytes);
}
