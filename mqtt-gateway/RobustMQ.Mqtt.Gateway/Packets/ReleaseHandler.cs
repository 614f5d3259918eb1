using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>PUBREL: the client will not repeat the publish (5.0 section 3.6).</summary>
internal sealed class ReleaseHandler(MqttSession session)
{
    public void Run(ReadOnlySpan<byte> body)
    {
        var connection = session.Connection;
        var reason = AckPacket.TryRead(PacketType.PubRel, body, connection.Version, out var packet);
        if (reason != ReasonCode.Success)
        {
            connection.Close(CloseReason.Wrong(reason));
            return;
        }
        var isKnown = connection.Inbound.Release(packet.PacketId);
        // Behind the answers that still wait: order is kept.
        session.Publisher.Acks.Add(new PendingAck(
            new PublishAck(PacketType.PubComp, packet.PacketId, isKnown ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound)));
    }
}
