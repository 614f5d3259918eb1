using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>CONNECT: who the client is, and how it wants to be served (5.0 section 3.1).</summary>
internal sealed class ConnectHandler(MqttGatewayState gateway, MqttSession session)
{
    public void Run(ReadOnlySpan<byte> body)
    {
        var reason = ConnectPacket.TryRead(body, out var packet);
        if (reason != ReasonCode.Success)
        {
            Refuse(packet.Version, reason);
            return;
        }
        if (packet.HasWill && !MqttTopics.IsName(packet.WillTopic, gateway.Options.TopicLevelsMax))
        {
            Refuse(packet.Version, ReasonCode.TopicNameInvalid);
            return;
        }
        session.PauseFor(AdmitAsync(ConnectRequest.From(packet)));
    }

    private async Task AdmitAsync(ConnectRequest request)
    {
        if (FindObstacle(request) is { } obstacle)
        {
            Refuse(request.Version, obstacle);
            return;
        }
        var login = await AuthenticateAsync(request).ConfigureAwait(false);
        if (login.Identity is not { } identity)
        {
            gateway.Connections.CountRefusedLogin();
            Refuse(request.Version, login.Status == AuthenticationStatus.Throttled ? ReasonCode.ServerBusy
                : request.UserName is null && request.Password is null ? ReasonCode.NotAuthorized : ReasonCode.BadUserNameOrPassword);
            return;
        }
        if (request.Will is { } will && !MayPublish(identity, will.Topic))
        {
            Refuse(request.Version, ReasonCode.NotAuthorized);
            return;
        }
        var connection = session.Connection;
        var clientId = request.ClientId;
        if (clientId.Length == 0)
            clientId = "auto-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        else if (!await gateway.ClientIds.TryClaimAsync(identity.Namespace, clientId, connection, CancellationToken.None).ConfigureAwait(false))
        {
            Refuse(request.Version, ReasonCode.ServerUnavailable);
            return;
        }
        Accept(request, clientId, identity);
    }

    private ReasonCode? FindObstacle(ConnectRequest request)
    {
        if (gateway.IsDraining)
            return ReasonCode.ServerUnavailable;
        if (gateway.Connections.Count > gateway.Options.ConnectionsMax)
            return ReasonCode.QuotaExceeded;
        // No method of enhanced authentication is served.
        if (request.HasAuthenticationMethod)
            return ReasonCode.BadAuthenticationMethod;
        // A client that wants its session back must have a name for it (3.1.1 section 3.1.3.1); 3.1 knows no empty one.
        var mayBeNameless = request.Version == MqttVersion.V5 || (request.Version == MqttVersion.V311 && request.CleanStart);
        return request.ClientId.Length == 0 && !mayBeNameless ? ReasonCode.ClientIdentifierNotValid : null;
    }

    private ValueTask<AuthenticationResult> AuthenticateAsync(ConnectRequest request) => gateway.Users.AuthenticateAsync(new Credentials
    {
        User = request.UserName,
        // 5.0 lets a password stand alone: a token (3.1.2.9).
        Password = request.UserName is null ? null : request.Password,
        Token = request.UserName is null ? request.Password : null,
        Certificate = session.Connection.ClientCertificate,
        Address = (session.Connection.RemoteEndPoint as IPEndPoint)?.Address,
    });

    private bool MayPublish(UserIdentity identity, byte[] topic)
    {
        if (topic.AsSpan().StartsWith("$SYS/"u8))
            return false;
        var subject = new byte[TopicMapping.SubjectBytesMax(topic.Length)];
        return gateway.Mapping.TryToSubject(topic, subject, out var written)
            && (identity.Permissions is null || identity.Permissions.CanPublish(subject.AsSpan(0, written)));
    }

    private void Accept(ConnectRequest request, string clientId, UserIdentity identity)
    {
        var connection = session.Connection;
        var options = gateway.Options;
        var keepAlive = options.KeepAliveMax > 0 && request.Version == MqttVersion.V5 && (request.KeepAlive == 0 || request.KeepAlive > options.KeepAliveMax)
            ? options.KeepAliveMax
            : request.KeepAlive;
        connection.Outbound.Configure(
            request.Version, request.ReceiveMaximum, request.PacketBytesMax, Math.Min(request.TopicAliasMaximum, options.TopicAliasMaximum));
        // Clients before 5.0 cannot be told a maximum: they are read no further while too many answers wait.
        connection.Enter(
            new MqttClient
            {
                Version = request.Version,
                ClientId = clientId,
                KeepAlive = TimeSpan.FromSeconds(keepAlive),
                Namespace = gateway.Namespaces.Of(identity.Namespace),
                Identity = identity,
                Will = request.Will,
            },
            request.Version == MqttVersion.V5 ? options.ReceiveMaximum : ushort.MaxValue);
        var packet = new ArrayBufferWriter<byte>(128);
        ConnAckPacket.Write(packet, request.Version, sessionPresent: false, ReasonCode.Success, PropertiesFor(request, clientId, keepAlive));
        connection.Outbound.Write(packet.WrittenSpan);
        connection.Outbound.Flush();
    }

    private ReadOnlySpan<byte> PropertiesFor(ConnectRequest request, string clientId, int keepAlive)
    {
        if (request.Version != MqttVersion.V5)
            return default;
        var options = gateway.Options;
        var properties = new PropertyBlockBuilder();
        // Sessions end with their connections: whoever asked for more is told (3.2.2.3.2).
        if (request.SessionExpiry > 0)
            properties.Add(PropertyId.SessionExpiryInterval, 0);
        properties.Add(PropertyId.ReceiveMaximum, (uint)options.ReceiveMaximum).Add(PropertyId.MaximumPacketSize, (uint)options.PacketBytesMax);
        if (request.ClientId.Length == 0)
            properties.Add(PropertyId.AssignedClientIdentifier, Encoding.UTF8.GetBytes(clientId));
        if (options.TopicAliasMaximum > 0)
            properties.Add(PropertyId.TopicAliasMaximum, (uint)options.TopicAliasMaximum);
        if (keepAlive != request.KeepAlive)
            properties.Add(PropertyId.ServerKeepAlive, (uint)keepAlive);
        if (request.WantsResponseInformation && options.ResponseInformation is { } information)
            properties.Add(PropertyId.ResponseInformation, Encoding.UTF8.GetBytes(information));
        return properties.Encoded;
    }

    /// <summary>Says no, as far as the client's version has words for it.</summary>
    private void Refuse(MqttVersion version, ReasonCode reason)
    {
        var canTell = version switch
        {
            MqttVersion.V5 => true,
            // A level that is not spoken is answered in the words of 3.1.1, which every client knows.
            MqttVersion.None => reason == ReasonCode.UnsupportedProtocolVersion,
            // Return codes are for a CONNECT that is well-formed.
            _ => reason is not (ReasonCode.MalformedPacket or ReasonCode.ProtocolError or ReasonCode.TopicNameInvalid),
        };
        if (canTell)
        {
            var packet = new ArrayBufferWriter<byte>(16);
            ConnAckPacket.Write(packet, version == MqttVersion.None ? MqttVersion.V311 : version, sessionPresent: false, reason, default);
            session.Connection.Outbound.Write(packet.WrittenSpan);
        }
        session.Connection.Close(CloseReason.Refused);
    }
}
