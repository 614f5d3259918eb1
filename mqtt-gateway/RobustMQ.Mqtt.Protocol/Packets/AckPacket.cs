using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>
/// PUBACK, PUBREC, PUBREL and PUBCOMP (5.0 sections 3.4 to 3.7): <c>packet id 2 | [reason 1 | [properties]]</c>; without a reason it is success. Before 5.0 the packet id
/// alone.
/// </summary>
public readonly ref struct AckPacket
{
    public ushort PacketId { get; init; }

    public ReasonCode Reason { get; init; }

    public PropertyBlock Properties { get; init; }

    public static ReasonCode TryRead(PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out AckPacket packet)
    {
        packet = default;
        var reader = new WireReader(body);
        if (!reader.TryReadUInt16(out var id))
            return ReasonCode.MalformedPacket;
        if (id == 0)
            return ReasonCode.ProtocolError;
        var reason = ReasonCode.Success;
        var properties = default(PropertyBlock);
        if (version == MqttVersion.V5 && reader.TryReadByte(out var code))
        {
            reason = (ReasonCode)code;
            if (!MayBe(type, reason))
                return ReasonCode.MalformedPacket;
            if (!reader.IsEnd)
            {
                if (!reader.TryReadBlock(out var block))
                    return ReasonCode.MalformedPacket;
                properties = new PropertyBlock(block);
                if (properties.Check(PropertyOwner.Acknowledgement) is var wrong and not ReasonCode.Success)
                    return wrong;
            }
        }
        if (!reader.IsEnd)
            return ReasonCode.MalformedPacket;
        packet = new AckPacket { PacketId = id, Reason = reason, Properties = properties };
        return ReasonCode.Success;
    }

    /// <returns>Bytes written.</returns>
    public static int Write(
        IBufferWriter<byte> target, PacketType type, MqttVersion version, ushort packetId, ReasonCode reason = ReasonCode.Success, ReadOnlySpan<byte> properties = default)
    {
        var hasProperties = version == MqttVersion.V5 && !properties.IsEmpty;
        var hasReason = version == MqttVersion.V5 && (reason != ReasonCode.Success || hasProperties);
        var length = 2 + (hasReason ? 1 : 0) + (hasProperties ? WireWriter.BlockSize(properties.Length) : 0);
        var span = WireWriter.Begin(target, type, type == PacketType.PubRel ? (byte)2 : (byte)0, length, out var at);
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], packetId);
        at += 2;
        if (hasReason)
            span[at++] = (byte)reason;
        if (hasProperties)
            at += WireWriter.WriteBlock(span[at..], properties);
        target.Advance(at);
        return at;
    }

    private static bool MayBe(PacketType type, ReasonCode reason) => type is PacketType.PubRel or PacketType.PubComp
        ? reason is ReasonCode.Success or ReasonCode.PacketIdentifierNotFound
        : reason is ReasonCode.Success or ReasonCode.NoMatchingSubscribers or ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError
            or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid or ReasonCode.PacketIdentifierInUse or ReasonCode.QuotaExceeded or ReasonCode.PayloadFormatInvalid;
}
