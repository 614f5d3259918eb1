using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>Connections that one delivering thread has written to and must flush before it waits again.</summary>
internal sealed class FlushList
{
    private readonly List<NatsConnection> _connections = [];

    public void Add(NatsConnection connection) => _connections.Add(connection);

    public void Flush()
    {
        foreach (var connection in _connections)
            connection.Outbound.Flush();
        _connections.Clear();
    }
}
