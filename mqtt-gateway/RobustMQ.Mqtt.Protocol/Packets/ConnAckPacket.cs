using System.Buffers;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>CONNACK (5.0 section 3.2): <c>flags 1 | reason 1 | [properties]</c>.</summary>
public readonly ref struct ConnAckPacket
{
    public bool SessionPresent { get; init; }

    /// <summary>A reason code in 5.0, a return code before.</summary>
    public byte Code { get; init; }

    public PropertyBlock Properties { get; init; }

    public static ReasonCode TryRead(ReadOnlySpan<byte> body, MqttVersion version, out ConnAckPacket packet)
    {
        packet = default;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var flags) || flags > 1 || !reader.TryReadByte(out var code))
            return ReasonCode.MalformedPacket;
        var properties = default(PropertyBlock);
        if (version == MqttVersion.V5)
        {
            if (!reader.TryReadBlock(out var block))
                return ReasonCode.MalformedPacket;
            properties = new PropertyBlock(block);
            if (properties.Check(PropertyOwner.ConnAck) is var reason and not ReasonCode.Success)
                return reason;
        }
        if (!reader.IsEnd)
            return ReasonCode.MalformedPacket;
        packet = new ConnAckPacket { SessionPresent = flags == 1, Code = code, Properties = properties };
        return ReasonCode.Success;
    }

    /// <param name="version">Of the receiver.</param>
    /// <param name="sessionPresent">Always false beside a failure.</param>
    /// <param name="properties">An encoded block; not sent before 5.0.</param>
    public static void Write(IBufferWriter<byte> target, MqttVersion version, bool sessionPresent, ReasonCode reason, ReadOnlySpan<byte> properties)
    {
        var isV5 = version == MqttVersion.V5;
        var span = WireWriter.Begin(target, PacketType.ConnAck, 0, 2 + (isV5 ? WireWriter.BlockSize(properties.Length) : 0), out var at);
        span[at++] = sessionPresent && reason == ReasonCode.Success ? (byte)1 : (byte)0;
        span[at++] = isV5 ? (byte)reason : ConnectReturnCode.Of(reason);
        if (isV5)
            at += WireWriter.WriteBlock(span[at..], properties);
        target.Advance(at);
    }
}
