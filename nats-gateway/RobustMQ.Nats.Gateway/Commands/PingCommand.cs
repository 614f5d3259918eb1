using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Commands;

/// <summary>PING and PONG.</summary>
internal sealed class PingCommand(NatsGatewayState gateway, NatsConnection connection)
{
    public void Run()
    {
        connection.Answer("PONG\r\n"u8);
        if (!connection.IsGreeted && connection.Options.TakesInfo)
            connection.Answer(gateway.Info.For(connection, isConnectInfo: true));
        connection.IsGreeted = true;
    }

    public void RunPong()
    {
        if (connection.PingsOut > 0)
            connection.RoundTrip = gateway.Now - connection.LastPingAt;
        connection.PingsOut = 0;
    }
}
