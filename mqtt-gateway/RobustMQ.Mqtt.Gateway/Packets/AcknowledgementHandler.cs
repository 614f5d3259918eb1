using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>PUBACK, PUBREC and PUBCOMP: the client has what was sent to it (5.0 sections 3.4, 3.5 and 3.7).</summary>
internal sealed class AcknowledgementHandler(MqttConnection connection)
{
    public void Run(PacketType type, ReadOnlySpan<byte> body)
    {
        var reason = AckPacket.TryRead(type, body, connection.Version, out var packet);
        if (reason != ReasonCode.Success)
            connection.Close(CloseReason.Wrong(reason));
        else if (!Take(type, packet))
            connection.Close(CloseReason.Wrong(ReasonCode.ProtocolError));
        else
            connection.HasAnswers = true;
    }

    /// <summary>What a session keeps has identifiers of its own.</summary>
    private bool Take(PacketType type, in AckPacket packet)
    {
        if (connection.Stored is not { } stored || packet.PacketId > RetainedWindow.LastId)
            return connection.Outbound.Acknowledge(type, packet.PacketId, packet.Reason);
        return RetainedWindow.Owns(packet.PacketId)
            ? stored.Retained.Acknowledge(type, packet.PacketId, packet.Reason)
            : stored.Acknowledge(type, packet.PacketId, packet.Reason);
    }
}
