using System.Collections.Concurrent;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>The open connections, and the last of those that ended, for sweeps, shutdown and monitoring. Thread-safe.</summary>
internal sealed class ConnectionRegistry
{
    /// <summary>nats-server keeps 10,000; a tenth is enough to see why clients left and costs little.</summary>
    private const int ClosedMax = 1000;

    private readonly ConcurrentDictionary<ulong, NatsConnection> _open = new();
    private readonly Queue<ClosedConnection> _closed = new();
    private ulong _lastId;
    private long _total;
    private long _slowConsumers;
    private long _staleConnections;
    private long _loginsRefused;
    private long _messagesIn;
    private long _bytesIn;
    private long _messagesOut;
    private long _bytesOut;

    public int Count => _open.Count;

    public long Total => Interlocked.Read(ref _total);

    public long SlowConsumers => Interlocked.Read(ref _slowConsumers);

    public long LoginsRefused => Interlocked.Read(ref _loginsRefused);

    public long StaleConnections => Interlocked.Read(ref _staleConnections);

    public IEnumerable<NatsConnection> Open => _open.Select(static entry => entry.Value);

    public ulong NextId() => Interlocked.Increment(ref _lastId);

    public void Add(NatsConnection connection)
    {
        _open.TryAdd(connection.Id, connection);
        Interlocked.Increment(ref _total);
    }

    public void Remove(NatsConnection connection, DateTimeOffset now)
    {
        if (!_open.TryRemove(connection.Id, out _))
            return;
        var reason = connection.CloseReason ?? CloseReason.ClientClosed;
        if (reason == CloseReason.SlowConsumerPendingBytes)
            Interlocked.Increment(ref _slowConsumers);
        if (ReferenceEquals(reason, CloseReason.AuthenticationFailure))
            Interlocked.Increment(ref _loginsRefused);
        if (reason == CloseReason.StaleConnection)
            Interlocked.Increment(ref _staleConnections);
        lock (_closed)
        {
            _messagesIn += connection.Received.Messages;
            _bytesIn += connection.Received.Bytes;
            _messagesOut += connection.Outbound.Messages;
            _bytesOut += connection.Outbound.Bytes;
            _closed.Enqueue(new ClosedConnection(connection, now, reason.Name));
            if (_closed.Count > ClosedMax)
                _closed.Dequeue();
        }
    }

    public IReadOnlyList<ClosedConnection> Closed()
    {
        lock (_closed)
            return [.. _closed];
    }

    /// <summary>Over all connections that there are and were.</summary>
    public TrafficTotals Totals()
    {
        TrafficTotals totals;
        lock (_closed)
            totals = new TrafficTotals(_messagesIn, _bytesIn, _messagesOut, _bytesOut);
        foreach (var connection in Open)
        {
            totals = new TrafficTotals(
                totals.MessagesIn + connection.Received.Messages,
                totals.BytesIn + connection.Received.Bytes,
                totals.MessagesOut + connection.Outbound.Messages,
                totals.BytesOut + connection.Outbound.Bytes);
        }
        return totals;
    }
}

/// <summary>A connection that has ended.</summary>
internal sealed record ClosedConnection(NatsConnection Connection, DateTimeOffset StoppedAt, string Reason);

/// <summary>Messages and bytes received from and delivered to clients.</summary>
internal readonly record struct TrafficTotals(long MessagesIn, long BytesIn, long MessagesOut, long BytesOut);
