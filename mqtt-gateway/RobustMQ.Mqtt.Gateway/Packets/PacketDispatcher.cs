using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>Sends each packet of a client to its handler, and ends the connection where input is no packet that a client may send now.</summary>
internal sealed class PacketDispatcher(MqttGatewayState gateway, MqttSession session)
{
    private readonly ConnectHandler _connect = new(gateway, session);
    private readonly SubscribeHandler _subscribe = new(gateway, session);
    private readonly UnsubscribeHandler _unsubscribe = new(gateway, session);
    private readonly AuthHandler _auth = new(gateway, session);
    private readonly AcknowledgementHandler _acknowledgement = new(session.Connection);
    private readonly ReleaseHandler _release = new(session);
    private readonly DisconnectHandler _disconnect = new(session.Connection, gateway.Options.SessionExpiryMax);

    public PublishHandler Publish { get; } = new(gateway, session);

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
        session.Publisher.EndRun(source);
        if (frame.Type is not (PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp))
            session.Publisher.Settle();
        var body = source.Slice(packetStart + frame.HeaderLength, frame.BodyLength);
        switch (frame.Type)
        {
            case PacketType.Connect:
                _connect.Run(body);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp:
                _acknowledgement.Run(frame.Type, body);
                break;
            case PacketType.PubRel:
                _release.Run(body);
                break;
            case PacketType.Subscribe:
                _subscribe.Run(body);
                break;
            case PacketType.Unsubscribe:
                _unsubscribe.Run(body);
                break;
            case PacketType.PingReq when frame.BodyLength == 0:
                connection.Answer(PingPacket.Response);
                break;
            case PacketType.PingReq:
                connection.Close(CloseReason.Wrong(ReasonCode.MalformedPacket));
                break;
            case PacketType.Disconnect:
                _disconnect.Run(body);
                break;
            case PacketType.Auth:
                _auth.Run(body, _connect);
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
