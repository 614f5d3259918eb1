using System.Buffers;
using System.Runtime.InteropServices;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>UNSUBSCRIBE (5.0 section 3.10).</summary>
internal sealed class UnsubscribeHandler(MqttConnection connection)
{
    private readonly List<ReasonCode> _reasons = [];

    public void Run(ReadOnlySpan<byte> body)
    {
        var reason = UnsubscribePacket.TryRead(body, connection.Version, out var packet);
        if (reason != ReasonCode.Success)
        {
            connection.Close(CloseReason.Wrong(reason));
            return;
        }
        _reasons.Clear();
        foreach (var filter in packet)
            _reasons.Add(connection.Unsubscribe(filter) ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted);
        var answer = new ArrayBufferWriter<byte>(8 + _reasons.Count);
        FilterAckPacket.Write(answer, PacketType.UnsubAck, connection.Version, packet.PacketId, CollectionsMarshal.AsSpan(_reasons));
        connection.Answer(answer.WrittenSpan);
    }
}
