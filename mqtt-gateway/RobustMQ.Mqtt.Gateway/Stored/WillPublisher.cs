using System.IO.Pipelines;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>Publishes wills of clients that have no connection any more, where their users still may.</summary>
internal sealed class WillPublisher(MqttGatewayState gateway)
{
    /// <param name="user">Whose will it is; empty: anybody's.</param>
    public async ValueTask PublishAsync(Namespace ns, string clientId, string user, Will will)
    {
        var anybody = UserIdentity.Anybody with { Name = user, Namespace = ns };
        var current = user.Length == 0 ? anybody : gateway.Users.Current(anybody);
        if (current is null || MqttClient.IdentityOf(current, clientId) is not { } identity)
            return;
        var connection = new MqttConnection(0, new Outbound(PipeWriter.Create(Stream.Null), gateway.OutboundLimits), remoteEndPoint: null, gateway.Now);
        // Nothing is read, so there is nothing to read from.
        using var session = new MqttSession(gateway, connection, default);
        var client = new MqttClient
        {
            Version = MqttVersion.V5,
            ClientId = clientId,
            KeepAlive = TimeSpan.Zero,
            Namespace = gateway.Namespaces.Of(ns),
            User = current,
            Identity = identity,
            Will = null,
            SessionExpiry = 0,
        };
        connection.Enter(client, ushort.MaxValue, stored: null);
        await session.PublishWillAsync(will).ConfigureAwait(false);
    }
}
