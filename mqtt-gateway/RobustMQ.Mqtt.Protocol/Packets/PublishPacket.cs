using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>PUBLISH (5.0 section 3.3): <c>topic text | [packet id 2] | [properties] | payload</c>. All spans are slices of the input.</summary>
public readonly ref struct PublishPacket
{
    public bool Dup { get; init; }

    public byte Qos { get; init; }

    public bool Retain { get; init; }

    /// <summary>Empty where a topic alias stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>0 with QoS 0.</summary>
    public ushort PacketId { get; init; }

    public PropertyBlock Properties { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Reads a packet that a client may send: what only servers send (subscription identifiers) is refused.</summary>
    public static ReasonCode TryRead(byte flags, ReadOnlySpan<byte> body, MqttVersion version, out PublishPacket packet) =>
        TryRead(flags, body, version, fromServer: false, out packet);

    public static ReasonCode TryRead(byte flags, ReadOnlySpan<byte> body, MqttVersion version, bool fromServer, out PublishPacket packet)
    {
        packet = default;
        var qos = PublishFlags.QosOf(flags);
        var dup = (flags & PublishFlags.Dup) != 0;
        if (qos == 3 || (qos == 0 && dup))
            return ReasonCode.MalformedPacket;
        var reader = new WireReader(body);
        ushort packetId = 0;
        if (!reader.TryReadText(out var topic) || (qos > 0 && !reader.TryReadUInt16(out packetId)))
            return ReasonCode.MalformedPacket;
        if (qos > 0 && packetId == 0)
            return ReasonCode.ProtocolError;
        var properties = default(PropertyBlock);
        if (version == MqttVersion.V5)
        {
            if (!reader.TryReadBlock(out var block))
                return ReasonCode.MalformedPacket;
            properties = new PropertyBlock(block);
            if (!block.IsEmpty)
            {
                if (properties.Check(PropertyOwner.Publish) is var reason and not ReasonCode.Success)
                    return reason;
                if (!fromServer && properties.TryGet(PropertyId.SubscriptionIdentifier, out _))
                    return ReasonCode.ProtocolError;
            }
        }
        packet = new PublishPacket
        {
            Dup = dup,
            Qos = qos,
            Retain = (flags & PublishFlags.Retain) != 0,
            Topic = topic,
            PacketId = packetId,
            Properties = properties,
            Payload = reader.Rest,
        };
        return ReasonCode.Success;
    }

    /// <summary>Upper bound of what <see cref="Write(Span{byte}, MqttVersion, byte, ReadOnlySpan{byte}, ushort, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> needs.</summary>
    public static int SizeMax(int topicBytes, int propertyBytes, int payloadBytes) =>
        FrameReader.HeaderBytesMax + 2 + topicBytes + 2 + VariableInteger.BytesMax + propertyBytes + payloadBytes;

    /// <param name="flags">See <see cref="PublishFlags.Of"/>.</param>
    /// <param name="packetId">Written with QoS 1 and 2.</param>
    /// <param name="properties">An encoded block; not written before 5.0.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(
        Span<byte> target, MqttVersion version, byte flags, ReadOnlySpan<byte> topic, ushort packetId, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> payload)
    {
        var hasId = PublishFlags.QosOf(flags) > 0;
        var isV5 = version == MqttVersion.V5;
        var body = 2 + topic.Length + (hasId ? 2 : 0) + (isV5 ? WireWriter.BlockSize(properties.Length) : 0) + payload.Length;
        target[0] = (byte)(((int)PacketType.Publish << 4) | flags);
        var at = 1 + VariableInteger.Write(target[1..], body);
        at += WireWriter.WriteBinary(target[at..], topic);
        if (hasId)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target[at..], packetId);
            at += 2;
        }
        if (isV5)
            at += WireWriter.WriteBlock(target[at..], properties);
        payload.CopyTo(target[at..]);
        return at + payload.Length;
    }

    public void Write(IBufferWriter<byte> target, MqttVersion version)
    {
        ArgumentNullException.ThrowIfNull(target);
        var span = target.GetSpan(SizeMax(Topic.Length, Properties.Encoded.Length, Payload.Length));
        target.Advance(Write(span, version, PublishFlags.Of(Qos, Retain, Dup), Topic, PacketId, Properties.Encoded, Payload));
    }
}
