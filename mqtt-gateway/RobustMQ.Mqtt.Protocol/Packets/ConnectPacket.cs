using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>
/// CONNECT (5.0 section 3.1, 3.1.1 section 3.1): <c>name text | level 1 | flags 1 | keep alive 2 | [properties] | client id | [will properties | will topic | will payload] |
/// [user name] | [password]</c>. All spans are slices of the input.
/// </summary>
public readonly ref struct ConnectPacket
{
    private const byte CleanStartFlag = 0x02;
    private const byte WillFlag = 0x04;
    private const byte WillRetainFlag = 0x20;
    private const byte PasswordFlag = 0x40;
    private const byte UserNameFlag = 0x80;

    public MqttVersion Version { get; init; }

    public bool CleanStart { get; init; }

    /// <summary>Seconds; 0: none.</summary>
    public ushort KeepAlive { get; init; }

    public PropertyBlock Properties { get; init; }

    public ReadOnlySpan<byte> ClientId { get; init; }

    public bool HasWill { get; init; }

    public byte WillQos { get; init; }

    public bool WillRetain { get; init; }

    public PropertyBlock WillProperties { get; init; }

    public ReadOnlySpan<byte> WillTopic { get; init; }

    public ReadOnlySpan<byte> WillPayload { get; init; }

    public bool HasUserName { get; init; }

    public ReadOnlySpan<byte> UserName { get; init; }

    public bool HasPassword { get; init; }

    public ReadOnlySpan<byte> Password { get; init; }

    /// <returns>
    /// <see cref="ReasonCode.Success"/>; or why the packet is refused, with <see cref="Version"/> set where the packet got as far as a level that is spoken, so that the
    /// refusal can be told.
    /// </returns>
    public static ReasonCode TryRead(ReadOnlySpan<byte> body, out ConnectPacket packet)
    {
        packet = default;
        var reader = new WireReader(body);
        if (!reader.TryReadBinary(out var name) || !reader.TryReadByte(out var level))
            return ReasonCode.MalformedPacket;
        var version = VersionOf(name, level, out var isMqtt);
        if (version == MqttVersion.None)
            return isMqtt ? ReasonCode.UnsupportedProtocolVersion : ReasonCode.MalformedPacket;
        packet = new ConnectPacket { Version = version };
        if (!reader.TryReadByte(out var flags) || !reader.TryReadUInt16(out var keepAlive) || !AreValid(flags, version))
            return ReasonCode.MalformedPacket;

        var properties = default(PropertyBlock);
        if (version == MqttVersion.V5)
        {
            if (!reader.TryReadBlock(out var block))
                return ReasonCode.MalformedPacket;
            properties = new PropertyBlock(block);
            if (properties.Check(PropertyOwner.Connect) is var reason and not ReasonCode.Success)
                return reason;
            if (properties.TryGet(PropertyId.AuthenticationData, out _) && !properties.TryGet(PropertyId.AuthenticationMethod, out _))
                return ReasonCode.ProtocolError;
        }
        if (!reader.TryReadText(out var clientId))
            return ReasonCode.MalformedPacket;

        var willProperties = default(PropertyBlock);
        var willTopic = default(ReadOnlySpan<byte>);
        var willPayload = default(ReadOnlySpan<byte>);
        var hasWill = (flags & WillFlag) != 0;
        if (hasWill)
        {
            if (version == MqttVersion.V5)
            {
                if (!reader.TryReadBlock(out var block))
                    return ReasonCode.MalformedPacket;
                willProperties = new PropertyBlock(block);
                if (willProperties.Check(PropertyOwner.Will) is var reason and not ReasonCode.Success)
                    return reason;
            }
            if (!reader.TryReadText(out willTopic) || !reader.TryReadBinary(out willPayload))
                return ReasonCode.MalformedPacket;
        }
        var userName = default(ReadOnlySpan<byte>);
        var password = default(ReadOnlySpan<byte>);
        if ((flags & UserNameFlag) != 0 && !reader.TryReadText(out userName))
            return ReasonCode.MalformedPacket;
        if ((flags & PasswordFlag) != 0 && !reader.TryReadBinary(out password))
            return ReasonCode.MalformedPacket;
        if (!reader.IsEnd)
            return ReasonCode.MalformedPacket;

        packet = new ConnectPacket
        {
            Version = version,
            CleanStart = (flags & CleanStartFlag) != 0,
            KeepAlive = keepAlive,
            Properties = properties,
            ClientId = clientId,
            HasWill = hasWill,
            WillQos = (byte)((flags >> 3) & 3),
            WillRetain = (flags & WillRetainFlag) != 0,
            WillProperties = willProperties,
            WillTopic = willTopic,
            WillPayload = willPayload,
            HasUserName = (flags & UserNameFlag) != 0,
            UserName = userName,
            HasPassword = (flags & PasswordFlag) != 0,
            Password = password,
        };
        return ReasonCode.Success;
    }

    public void Write(IBufferWriter<byte> target)
    {
        var name = Version == MqttVersion.V31 ? "MQIsdp"u8 : "MQTT"u8;
        var isV5 = Version == MqttVersion.V5;
        var length = 2 + name.Length + 4 + (isV5 ? WireWriter.BlockSize(Properties.Encoded.Length) : 0) + 2 + ClientId.Length
            + (HasWill ? (isV5 ? WireWriter.BlockSize(WillProperties.Encoded.Length) : 0) + 4 + WillTopic.Length + WillPayload.Length : 0)
            + (HasUserName ? 2 + UserName.Length : 0) + (HasPassword ? 2 + Password.Length : 0);
        var span = WireWriter.Begin(target, PacketType.Connect, 0, length, out var at);
        at += WireWriter.WriteBinary(span[at..], name);
        span[at++] = (byte)Version;
        span[at++] = (byte)((CleanStart ? CleanStartFlag : 0) | (HasWill ? WillFlag | (WillQos << 3) | (WillRetain ? WillRetainFlag : 0) : 0)
            | (HasUserName ? UserNameFlag : 0) | (HasPassword ? PasswordFlag : 0));
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], KeepAlive);
        at += 2;
        if (isV5)
            at += WireWriter.WriteBlock(span[at..], Properties.Encoded);
        at += WireWriter.WriteBinary(span[at..], ClientId);
        if (HasWill)
        {
            if (isV5)
                at += WireWriter.WriteBlock(span[at..], WillProperties.Encoded);
            at += WireWriter.WriteBinary(span[at..], WillTopic);
            at += WireWriter.WriteBinary(span[at..], WillPayload);
        }
        if (HasUserName)
            at += WireWriter.WriteBinary(span[at..], UserName);
        if (HasPassword)
            at += WireWriter.WriteBinary(span[at..], Password);
        target.Advance(at);
    }

    private static MqttVersion VersionOf(ReadOnlySpan<byte> name, byte level, out bool isMqtt)
    {
        var isOld = name.SequenceEqual("MQIsdp"u8);
        isMqtt = isOld || name.SequenceEqual("MQTT"u8);
        return level switch
        {
            3 when isOld => MqttVersion.V31,
            4 when isMqtt && !isOld => MqttVersion.V311,
            5 when isMqtt && !isOld => MqttVersion.V5,
            _ => MqttVersion.None,
        };
    }

    private static bool AreValid(byte flags, MqttVersion version)
    {
        // Bit 0 is reserved (3.1.2.3); 3.1 says nothing about it.
        if ((flags & 1) != 0 && version != MqttVersion.V31)
            return false;
        var willQos = (flags >> 3) & 3;
        if (willQos == 3 || ((flags & WillFlag) == 0 && (willQos != 0 || (flags & WillRetainFlag) != 0)))
            return false;
        // Up to 3.1.1 a password needs a user name.
        return version == MqttVersion.V5 || (flags & PasswordFlag) == 0 || (flags & UserNameFlag) != 0;
    }
}
