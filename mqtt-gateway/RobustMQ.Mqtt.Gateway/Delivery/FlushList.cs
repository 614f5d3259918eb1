using RobustMQ.Mqtt.Gateway.Connections;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>Connections that one delivering thread has written to and must flush before it waits again.</summary>
internal sealed class FlushList
{
    private readonly List<MqttConnection> _connections = [];
    private readonly List<Outbound> _congested = [];

    public void Add(MqttConnection connection) => _connections.Add(connection);

    public void Flush()
    {
        foreach (var connection in _connections)
        {
            if (!connection.Outbound.Flush())
                _congested.Add(connection.Outbound);
        }
        _connections.Clear();
    }

    /// <summary>Waits for receivers whose sockets have just filled up, each as long as its publishers' patience with it lasts.</summary>
    public async ValueTask WaitAsync()
    {
        foreach (var outbound in _congested)
            await outbound.WaitPatientlyAsync().ConfigureAwait(false);
        _congested.Clear();
    }

    /// <summary>Waits for nobody.</summary>
    public void ForgetCongested() => _congested.Clear();

    public bool HasCongested => _congested.Count > 0;
}
