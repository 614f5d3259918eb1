using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>DISCONNECT (5.0 section 3.14): without another reason it takes back the will.</summary>
internal sealed class DisconnectHandler(MqttConnection connection, uint expiryMax)
{
    public void Run(ReadOnlySpan<byte> body)
    {
        var reason = ReasonPacket.TryRead(PacketType.Disconnect, body, connection.Version, out var packet);
        if (reason != ReasonCode.Success)
            connection.Close(CloseReason.Wrong(reason));
        else if (packet.Properties.TryGet(PropertyId.SessionExpiryInterval, out var expiry) && !TrySetExpiry(expiry.Number))
            connection.Close(CloseReason.Wrong(ReasonCode.ProtocolError));
        else
            connection.Close(packet.Reason == ReasonCode.Success ? CloseReason.Disconnected : CloseReason.DisconnectedWithWill);
    }

    /// <summary>A session that was granted no time at the start gets none at the end (3.14.2.2.2).</summary>
    private bool TrySetExpiry(uint seconds)
    {
        if (connection.Client!.SessionExpiry == 0)
            return seconds == 0;
        connection.SessionExpiry = Math.Min(seconds, expiryMax);
        return true;
    }
}
