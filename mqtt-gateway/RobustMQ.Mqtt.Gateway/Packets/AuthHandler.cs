using System.Buffers;
using System.Net;
using System.Text;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>AUTH (5.0 section 3.15): goes on with an authentication, or begins one again.</summary>
internal sealed class AuthHandler(MqttGatewayState gateway, MqttSession session)
{
    public void Run(ReadOnlySpan<byte> body)
    {
        var connection = session.Connection;
        var reason = ReasonPacket.TryRead(PacketType.Auth, body, connection.Client is null ? MqttVersion.V5 : connection.Version, out var packet);
        if (reason != ReasonCode.Success)
        {
            Fail(reason);
            return;
        }
        // A method that was not agreed on in CONNECT, or another one (4.12.0-5, 4.12.1-1).
        if (!packet.Properties.TryGet(PropertyId.AuthenticationMethod, out var method) || !method.Value.SequenceEqual(Encoding.ASCII.GetBytes(Authentication.Method))
            || (connection.Client is { HasAuthenticated: false }))
        {
            Fail(ReasonCode.ProtocolError);
            return;
        }
        var data = packet.Properties.TryGet(PropertyId.AuthenticationData, out var found) ? found.Value : default;
        if (packet.Reason == ReasonCode.ReAuthenticate && connection.Client is not null && session.Authentication is null)
            Begin(data);
        else if (packet.Reason == ReasonCode.ContinueAuthentication && session.Authentication is { } authentication)
            Continue(authentication, data);
        else
            Fail(ReasonCode.ProtocolError);
    }

    /// <summary>Answers the client's first message.</summary>
    /// <returns>False where it is none.</returns>
    public static bool TryAnswer(MqttSession session, Authentication authentication, ReadOnlySpan<byte> clientFirst)
    {
        if (authentication.Login.Next(clientFirst) is not { } answer)
            return false;
        session.Authentication = authentication;
        Write(session, ReasonCode.ContinueAuthentication, answer);
        return true;
    }

    private void Begin(ReadOnlySpan<byte> data)
    {
        if (gateway.Users.BeginScram(ScramMechanism.Sha256, (session.Connection.RemoteEndPoint as IPEndPoint)?.Address) is not { } login || !TryAnswer(session, new Authentication(login, Connect: null), data))
            Fail(ReasonCode.NotAuthorized);
    }

    private void Continue(Authentication authentication, ReadOnlySpan<byte> data)
    {
        var connect = new ConnectHandler(gateway, session);
        session.Authentication = null;
        if (authentication.Login.Next(data) is not { } answer || authentication.Login.Identity is not { } identity)
            connect.RefuseAuthentication(authentication);
        else if (authentication.Connect is { } request)
            session.PauseFor(connect.AdmitAsync(request, identity, answer));
        else if (identity.Name != session.Connection.Client!.Identity.Name)
            // What was granted was granted to the other user.
            Fail(ReasonCode.NotAuthorized);
        else
            Write(session, ReasonCode.Success, answer);
    }

    private void Fail(ReasonCode reason) => session.Connection.Close(session.Connection.Client is null ? CloseReason.Refused : CloseReason.Wrong(reason));

    private static void Write(MqttSession session, ReasonCode reason, byte[] data)
    {
        var properties = new PropertyBlockBuilder().Add(PropertyId.AuthenticationMethod, Encoding.ASCII.GetBytes(Authentication.Method)).Add(PropertyId.AuthenticationData, data);
        var packet = new ArrayBufferWriter<byte>(256);
        ReasonPacket.Write(packet, PacketType.Auth, MqttVersion.V5, reason, properties.Encoded);
        session.Connection.Answer(packet.WrittenSpan);
        session.Connection.Outbound.Flush();
    }
}
