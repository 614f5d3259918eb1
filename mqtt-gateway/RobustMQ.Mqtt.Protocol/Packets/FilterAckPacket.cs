using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>
/// SUBACK and UNSUBACK (5.0 sections 3.9 and 3.11): <c>packet id 2 | [properties] | (reason 1)*</c>, one reason for each filter. An UNSUBACK before 5.0 has none.
/// </summary>
public readonly ref struct FilterAckPacket
{
    public ushort PacketId { get; init; }

    public PropertyBlock Properties { get; init; }

    /// <summary>One <see cref="ReasonCode"/> (before 5.0: a granted QoS or 0x80) a byte.</summary>
    public ReadOnlySpan<byte> Codes { get; init; }

    public static ReasonCode TryRead(PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out FilterAckPacket packet)
    {
        packet = default;
        var reader = new WireReader(body);
        if (!reader.TryReadUInt16(out var id) || id == 0)
            return ReasonCode.MalformedPacket;
        var properties = default(PropertyBlock);
        if (version == MqttVersion.V5)
        {
            if (!reader.TryReadBlock(out var block))
                return ReasonCode.MalformedPacket;
            properties = new PropertyBlock(block);
            if (properties.Check(PropertyOwner.Acknowledgement) is var reason and not ReasonCode.Success)
                return reason;
        }
        if (type == PacketType.UnsubAck && version != MqttVersion.V5 && !reader.IsEnd)
            return ReasonCode.MalformedPacket;
        packet = new FilterAckPacket { PacketId = id, Properties = properties, Codes = reader.Rest };
        return ReasonCode.Success;
    }

    public static void Write(
        IBufferWriter<byte> target, PacketType type, MqttVersion version, ushort packetId, ReadOnlySpan<ReasonCode> reasons, ReadOnlySpan<byte> properties = default)
    {
        var isV5 = version == MqttVersion.V5;
        var hasCodes = isV5 || type == PacketType.SubAck;
        var length = 2 + (isV5 ? WireWriter.BlockSize(properties.Length) : 0) + (hasCodes ? reasons.Length : 0);
        var span = WireWriter.Begin(target, type, 0, length, out var at);
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], packetId);
        at += 2;
        if (isV5)
            at += WireWriter.WriteBlock(span[at..], properties);
        if (hasCodes)
        {
            foreach (var reason in reasons)
                span[at++] = isV5 || reason < ReasonCode.UnspecifiedError ? (byte)reason : (byte)ReasonCode.UnspecifiedError;
        }
        target.Advance(at);
    }
}
