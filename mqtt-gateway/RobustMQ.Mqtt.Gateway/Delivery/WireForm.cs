using System.Buffers.Binary;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>A run as receivers of one kind get it, encoded once for all of them. Packet identifiers are left open: each receiver has its own. Keeps its memory.</summary>
internal sealed class WireForm
{
    /// <summary>Of a topic alias with its identifier.</summary>
    private const int AliasBytes = 3;

    private byte[] _bytes = new byte[1024];
    private PacketPlace[] _packets = new PacketPlace[16];
    private int _length;
    private int _count;
    private bool _isV5;
    private bool _retain;
    private byte[] _identifiers = [];
    private byte[] _properties = [];
    private ushort _alias;
    private bool _withTopic;

    public byte Qos { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public ReadOnlySpan<PacketPlace> Packets => _packets.AsSpan(0, _count);

    /// <summary>The first packet, to be completed with what belongs to one delivery: identifier and DUP flag.</summary>
    public Span<byte> FirstPacket => _bytes.AsSpan(_packets[0].Start, _packets[0].Length);

    /// <summary>Bytes of the longest packet.</summary>
    public int LongestPacket { get; private set; }

    public bool Is(bool isV5, byte qos, bool retain, byte[] identifiers) =>
        _isV5 == isV5 && Qos == qos && _retain == retain && ReferenceEquals(_identifiers, identifiers);

    /// <param name="alias">A topic alias that the receiver knows or learns by this; 0: none. With one, a run may go without its topic.</param>
    public void Encode(in PublishRun run, bool isV5, byte qos, bool retain, byte[] identifiers, ushort alias = 0, bool withTopic = true)
    {
        _alias = alias;
        _withTopic = withTopic;
        _isV5 = isV5;
        Qos = qos;
        _retain = retain;
        _identifiers = identifiers;
        _length = 0;
        _count = 0;
        LongestPacket = 0;
        if (_packets.Length < run.Messages.Length)
            _packets = new PacketPlace[run.Messages.Length];
        foreach (ref readonly var message in run.Messages)
            Add(run, message);
    }

    private void Add(in PublishRun run, in RunMessage message)
    {
        var properties = _isV5 ? PropertiesFor(run, message) : default;
        var payload = run.PayloadOf(message);
        var topic = _withTopic ? run.Topic : default;
        var needed = PublishPacket.SizeMax(topic.Length, properties.Length, payload.Length);
        if (_bytes.Length - _length < needed)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + needed));
        var version = _isV5 ? MqttVersion.V5 : MqttVersion.V311;
        var written = PublishPacket.Write(_bytes.AsSpan(_length), version, PublishFlags.Of(Qos, _retain), topic, 0, properties, payload);
        var idAt = HeaderBytes(_bytes.AsSpan(_length)) + 2 + topic.Length;
        _packets[_count++] = message.ExpiryAt == 0
            ? new PacketPlace(_length, written, idAt)
            : new PacketPlace(_length, written, idAt)
            {
                Expires = true,
                ExpirySeconds = BinaryPrimitives.ReadUInt32BigEndian(run.PropertiesOf(message)[message.ExpiryAt..]),
                ExpiryAt = _isV5 ? written - payload.Length - properties.Length + ExpiryIn(message) : 0,
            };
        _length += written;
        LongestPacket = Math.Max(LongestPacket, written);
    }

    /// <summary>The publisher's topic alias is taken out, and with it what stands behind moves up.</summary>
    private static int ExpiryIn(in RunMessage message) => message.AliasAt >= 0 && message.AliasAt < message.ExpiryAt ? message.ExpiryAt - AliasBytes : message.ExpiryAt;

    /// <summary>Of the fixed header: the type, and a length of one to four bytes.</summary>
    private static int HeaderBytes(ReadOnlySpan<byte> packet)
    {
        VariableInteger.TryRead(packet[1..], out _, out var lengthBytes);
        return 1 + lengthBytes;
    }

    /// <summary>The publisher's properties without its topic alias, then the receiver's subscription identifiers and alias.</summary>
    private ReadOnlySpan<byte> PropertiesFor(in PublishRun run, in RunMessage message)
    {
        var properties = run.IsV5 ? run.PropertiesOf(message) : default;
        if (message.AliasAt < 0 && _alias == 0)
        {
            if (_identifiers.Length == 0)
                return properties;
            if (properties.IsEmpty)
                return _identifiers;
        }
        if (_properties.Length < properties.Length + _identifiers.Length + AliasBytes)
            _properties = new byte[properties.Length + _identifiers.Length + AliasBytes];
        var at = 0;
        if (message.AliasAt >= 0)
        {
            properties[..message.AliasAt].CopyTo(_properties);
            at = message.AliasAt;
            properties = properties[(message.AliasAt + AliasBytes)..];
        }
        properties.CopyTo(_properties.AsSpan(at));
        at += properties.Length;
        _identifiers.CopyTo(_properties, at);
        at += _identifiers.Length;
        if (_alias > 0)
        {
            _properties[at++] = (byte)PropertyId.TopicAlias;
            BinaryPrimitives.WriteUInt16BigEndian(_properties.AsSpan(at), _alias);
            at += 2;
        }
        return _properties.AsSpan(0, at);
    }
}

/// <summary>One packet of a <see cref="WireForm"/>.</summary>
/// <param name="IdAt">Where its identifier belongs, from its start; of no meaning at QoS 0.</param>
internal readonly record struct PacketPlace(int Start, int Length, int IdAt)
{
    /// <summary>What is left of the message's life; of no meaning unless it <see cref="Expires"/>.</summary>
    public uint ExpirySeconds { get; init; }

    /// <summary>Where that stands, from the packet's start; 0: nowhere, before 5.0.</summary>
    public int ExpiryAt { get; init; }

    public bool Expires { get; init; }
}
