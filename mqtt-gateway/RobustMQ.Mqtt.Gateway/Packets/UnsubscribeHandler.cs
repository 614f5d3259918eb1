using System.Buffers;
using System.Runtime.InteropServices;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>UNSUBSCRIBE (5.0 section 3.10).</summary>
internal sealed class UnsubscribeHandler(MqttGatewayState gateway, MqttSession session)
{
    private readonly List<ReasonCode> _reasons = [];
    private readonly List<byte[]> _toForget = [];

    public void Run(ReadOnlySpan<byte> body)
    {
        var connection = session.Connection;
        var reason = UnsubscribePacket.TryRead(body, connection.Version, out var packet);
        if (reason != ReasonCode.Success)
        {
            connection.Close(CloseReason.Wrong(reason));
            return;
        }
        _reasons.Clear();
        _toForget.Clear();
        foreach (var written in packet)
        {
            var filter = gateway.Rewrites.Subscribe(written, connection.Client!);
            var isKnown = connection.Unsubscribe(filter);
            _reasons.Add(isKnown ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted);
            if (isKnown && connection.Stored is not null)
                _toForget.Add(filter.ToArray());
        }
        if (_toForget.Count == 0)
            Answer(packet.PacketId);
        else
            session.PauseFor(ForgetAsync(packet.PacketId));
    }

    private async Task ForgetAsync(ushort packetId)
    {
        if (await session.Connection.Stored!.Filters.RemoveAsync(_toForget).ConfigureAwait(false) != ErrorCode.None)
        {
            session.Connection.Close(CloseReason.StorageUnavailable);
            return;
        }
        Answer(packetId);
        session.Connection.Outbound.Flush();
    }

    private void Answer(ushort packetId)
    {
        var answer = new ArrayBufferWriter<byte>(8 + _reasons.Count);
        FilterAckPacket.Write(answer, PacketType.UnsubAck, session.Connection.Version, packetId, CollectionsMarshal.AsSpan(_reasons));
        session.Connection.Answer(answer.WrittenSpan);
    }
}
