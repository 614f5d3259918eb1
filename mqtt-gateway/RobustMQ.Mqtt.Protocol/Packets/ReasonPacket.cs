using System.Buffers;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>
/// DISCONNECT and AUTH (5.0 sections 3.14 and 3.15): <c>[reason 1 | [properties]]</c>; without a reason it is success. Before 5.0 a DISCONNECT is empty, and there is no AUTH.
/// </summary>
public readonly ref struct ReasonPacket
{
    public ReasonCode Reason { get; init; }

    public PropertyBlock Properties { get; init; }

    /// <summary>Reads what a client sends.</summary>
    public static ReasonCode TryRead(PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out ReasonPacket packet)
    {
        packet = default;
        if (version != MqttVersion.V5)
            return type == PacketType.Disconnect && body.IsEmpty ? ReasonCode.Success : ReasonCode.MalformedPacket;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var code))
            return ReasonCode.Success;
        var reason = (ReasonCode)code;
        if (!IsKnown(type, reason))
            return ReasonCode.MalformedPacket;
        var properties = default(PropertyBlock);
        if (!reader.IsEnd)
        {
            if (!reader.TryReadBlock(out var block))
                return ReasonCode.MalformedPacket;
            properties = new PropertyBlock(block);
            if (properties.Check(type == PacketType.Auth ? PropertyOwner.Auth : PropertyOwner.Disconnect) is var wrong and not ReasonCode.Success)
                return wrong;
        }
        if (!reader.IsEnd)
            return ReasonCode.MalformedPacket;
        packet = new ReasonPacket { Reason = reason, Properties = properties };
        return ReasonCode.Success;
    }

    /// <summary>Before 5.0 a server never says DISCONNECT: write it to 5.0 clients only, or as a client.</summary>
    public static void Write(IBufferWriter<byte> target, PacketType type, MqttVersion version, ReasonCode reason, ReadOnlySpan<byte> properties = default)
    {
        var hasReason = version == MqttVersion.V5 && (reason != ReasonCode.Success || !properties.IsEmpty);
        var length = hasReason ? 1 + WireWriter.BlockSize(properties.Length) : 0;
        var span = WireWriter.Begin(target, type, 0, length, out var at);
        if (hasReason)
        {
            span[at++] = (byte)reason;
            at += WireWriter.WriteBlock(span[at..], properties);
        }
        target.Advance(at);
    }

    private static bool IsKnown(PacketType type, ReasonCode reason) => type == PacketType.Auth
        ? reason is ReasonCode.Success or ReasonCode.ContinueAuthentication or ReasonCode.ReAuthenticate
        : reason is ReasonCode.Success or ReasonCode.DisconnectWithWill || (reason >= ReasonCode.UnspecifiedError && Enum.IsDefined(reason));
}
