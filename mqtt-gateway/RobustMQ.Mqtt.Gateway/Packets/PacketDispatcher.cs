using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>
/// Sends each packet of a client to its handler, and ends the connection where input is no packet that a client may send now. Handlers of what a client sends once in a while are made for
/// it: a connection that says nothing costs no memory for what it could say.
/// </summary>
internal sealed class PacketDispatcher(MqttGatewayState gateway, MqttSession session)
{
    private PublishHandler? _publish;
    private AcknowledgementHandler? _acknowledgement;
    private ReleaseHandler? _release;

    public PublishHandler Publish => _publish ??= new PublishHandler(gateway, session);

    /// <param name="source">The input that the packet lies in.</param>
    /// <returns>False where the connection is closing: nothing more is to be run.</returns>
    public bool Run(in Frame frame, ReadOnlySpan<byte> source, int packetStart)
    {
        var connection = session.Connection;
        if (!MayBegin(frame.Type))
            return false;
        if (frame.Type == PacketType.Publish)
            return Publish.Run(frame, source, packetStart);

        // Publishes before this packet were gathered and come first, and so do their answers.
        session.EndRun(source);
        if (frame.Type is not (PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp))
            session.Settle();
        var body = source.Slice(packetStart + frame.HeaderLength, frame.BodyLength);
        switch (frame.Type)
        {
            case PacketType.Connect:
                new ConnectHandler(gateway, session).Run(body);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp:
                (_acknowledgement ??= new AcknowledgementHandler(connection)).Run(frame.Type, body);
                break;
            case PacketType.PubRel:
                (_release ??= new ReleaseHandler(session)).Run(body);
                break;
            case PacketType.Subscribe:
                new SubscribeHandler(gateway, session).Run(body);
                break;
            case PacketType.Unsubscribe:
                new UnsubscribeHandler(gateway, session).Run(body);
                break;
            case PacketType.PingReq when frame.BodyLength == 0:
                connection.Answer(PingPacket.Response);
                break;
            case PacketType.PingReq:
                connection.Close(CloseReason.Wrong(ReasonCode.MalformedPacket));
                break;
            case PacketType.Disconnect:
                new DisconnectHandler(connection, gateway.Options.SessionExpiryMax).Run(body);
                break;
            case PacketType.Auth:
                new AuthHandler(gateway, session).Run(body);
                break;
            default:
                // What only servers send.
                connection.Close(CloseReason.Wrong(ReasonCode.ProtocolError));
                break;
        }
        return connection.CloseReason is null;
    }

    /// <summary>CONNECT comes first, and once (5.0 section 3.1). Told by the fixed header, before the body is there.</summary>
    public bool MayBegin(PacketType type)
    {
        if (type == PacketType.Auth ? session.Authentication is not null || session.Connection.Client is not null : (type == PacketType.Connect) == (session.Connection.Client is null))
            return session.Authentication is null || type != PacketType.Connect || Refuse();
        session.Connection.Close(session.Connection.Client is null ? CloseReason.Refused : CloseReason.Wrong(ReasonCode.ProtocolError));
        return false;
    }

    /// <summary>A second CONNECT while the first is being authenticated.</summary>
    private bool Refuse()
    {
        session.Connection.Close(CloseReason.Refused);
        return false;
    }

    public void Reject(FrameStatus status) =>
        session.Connection.Close(CloseReason.Wrong(status == FrameStatus.TooLarge ? ReasonCode.PacketTooLarge : ReasonCode.MalformedPacket));
}
