using System.IO.Pipelines;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>Publishes wills of clients that have no connection any more. That they may was checked when they connected.</summary>
internal sealed class WillPublisher(MqttGatewayState gateway)
{
    public async ValueTask PublishAsync(Namespace ns, Will will)
    {
        var connection = new MqttConnection(0, new Outbound(PipeWriter.Create(Stream.Null), gateway.OutboundLimits), remoteEndPoint: null, gateway.Now);
        // Nothing is read, so there is nothing to read from.
        using var session = new MqttSession(gateway, connection, default);
        var client = new MqttClient
        {
            Version = MqttVersion.V5,
            ClientId = string.Empty,
            KeepAlive = TimeSpan.Zero,
            Namespace = gateway.Namespaces.Of(ns),
            Identity = UserIdentity.Anybody with { Namespace = ns },
            Will = null,
            SessionExpiry = 0,
        };
        connection.Enter(client, ushort.MaxValue, stored: null);
        await session.PublishWillAsync(will).ConfigureAwait(false);
    }
}
