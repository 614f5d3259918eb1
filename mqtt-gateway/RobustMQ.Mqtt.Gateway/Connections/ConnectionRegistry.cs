using System.Collections.Concurrent;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>The open connections, and the sums over those that have ended. Thread-safe.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<ulong, MqttConnection> _open = new();
    private readonly Lock _lock = new();
    private ulong _lastId;
    private long _total;
    private long _entered;
    private long _loginsRefused;
    private TrafficTotals _ended;

    public int Count => _open.Count;

    public long Total => Interlocked.Read(ref _total);

    /// <summary>Clients that were let in, ever.</summary>
    public long Entered => Interlocked.Read(ref _entered);

    public long LoginsRefused => Interlocked.Read(ref _loginsRefused);

    public IEnumerable<MqttConnection> Open => _open.Select(static entry => entry.Value);

    public ulong NextId() => Interlocked.Increment(ref _lastId);

    public void Add(MqttConnection connection)
    {
        _open.TryAdd(connection.Id, connection);
        Interlocked.Increment(ref _total);
    }

    public void Remove(MqttConnection connection)
    {
        if (!_open.TryRemove(connection.Id, out _))
            return;
        lock (_lock)
            _ended = _ended.With(connection);
    }

    public void CountEntered() => Interlocked.Increment(ref _entered);

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

/// <summary>Messages and bytes received from and delivered to clients; messages that clients did not get because they were too slow; packets of any type, and their bytes.</summary>
internal readonly record struct TrafficTotals(
    long MessagesIn, long BytesIn, long MessagesOut, long BytesOut, long Dropped, long PacketsIn, long PacketBytesIn, long PacketsOut, long PacketBytesOut)
{
    public TrafficTotals With(MqttConnection connection) => new(
        MessagesIn + connection.Received.Messages,
        BytesIn + connection.Received.Bytes,
        MessagesOut + connection.Outbound.Messages,
        BytesOut + connection.Outbound.Bytes,
        Dropped + connection.Outbound.Dropped,
        PacketsIn + connection.Received.Packets,
        PacketBytesIn + connection.Received.PacketBytes,
        PacketsOut + connection.Outbound.Packets,
        PacketBytesOut + connection.Outbound.PacketBytes);
}
