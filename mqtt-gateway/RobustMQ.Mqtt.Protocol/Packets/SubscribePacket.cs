using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>SUBSCRIBE (5.0 section 3.8): <c>packet id 2 | [properties] | (filter text | options 1)+</c>. Enumerating gives the filters, which were checked.</summary>
public readonly ref struct SubscribePacket
{
    private readonly ReadOnlySpan<byte> _filters;

    private SubscribePacket(ushort packetId, PropertyBlock properties, ReadOnlySpan<byte> filters)
    {
        PacketId = packetId;
        Properties = properties;
        _filters = filters;
    }

    public ushort PacketId { get; }

    public PropertyBlock Properties { get; }

    /// <summary>0: none.</summary>
    public uint SubscriptionIdentifier => Properties.Number(PropertyId.SubscriptionIdentifier, 0);

    public Enumerator GetEnumerator() => new(_filters);

    /// <summary>Checks encoding and options; whether a filter is a good one is the caller's to ask.</summary>
    public static ReasonCode TryRead(ReadOnlySpan<byte> body, MqttVersion version, out SubscribePacket packet)
    {
        packet = default;
        var reader = new WireReader(body);
        if (!reader.TryReadUInt16(out var id))
            return ReasonCode.MalformedPacket;
        if (id == 0)
            return ReasonCode.ProtocolError;
        var properties = default(PropertyBlock);
        if (version == MqttVersion.V5)
        {
            if (!reader.TryReadBlock(out var block))
                return ReasonCode.MalformedPacket;
            properties = new PropertyBlock(block);
            if (properties.Check(PropertyOwner.Subscribe) is var reason and not ReasonCode.Success)
                return reason;
        }
        var filters = reader.Rest;
        // No filter at all is a protocol error (3.8.3-2).
        if (reader.IsEnd)
            return ReasonCode.ProtocolError;
        while (!reader.IsEnd)
        {
            if (!reader.TryReadText(out var filter) || !reader.TryReadByte(out var value))
                return ReasonCode.MalformedPacket;
            var options = new SubscriptionOptions(value);
            if (!options.IsValid(version))
                return ReasonCode.MalformedPacket;
            // No local on a shared subscription is a protocol error (3.8.3-4).
            if (options.NoLocal && SharedFilter.IsShared(filter))
                return ReasonCode.ProtocolError;
        }
        packet = new SubscribePacket(id, properties, filters);
        return ReasonCode.Success;
    }

    /// <summary>For clients.</summary>
    public static void Write(IBufferWriter<byte> target, MqttVersion version, ushort packetId, ReadOnlySpan<byte> properties, params ReadOnlySpan<FilterToSubscribe> filters)
    {
        var length = 2 + (version == MqttVersion.V5 ? WireWriter.BlockSize(properties.Length) : 0);
        foreach (var filter in filters)
            length += 3 + filter.Filter.Length;
        var span = WireWriter.Begin(target, PacketType.Subscribe, 2, length, out var at);
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], packetId);
        at += 2;
        if (version == MqttVersion.V5)
            at += WireWriter.WriteBlock(span[at..], properties);
        foreach (var filter in filters)
        {
            at += WireWriter.WriteBinary(span[at..], filter.Filter.Span);
            span[at++] = filter.Options.Value;
        }
        target.Advance(at);
    }

    public ref struct Enumerator(ReadOnlySpan<byte> filters)
    {
        private WireReader _reader = new(filters);

        public ReadOnlySpan<byte> Filter { get; private set; }

        public SubscriptionOptions Options { get; private set; }

        public readonly Enumerator Current => this;

        public bool MoveNext()
        {
            if (!_reader.TryReadText(out var filter) || !_reader.TryReadByte(out var options))
                return false;
            Filter = filter;
            Options = new SubscriptionOptions(options);
            return true;
        }
    }
}

/// <summary>One filter of a SUBSCRIBE.</summary>
public readonly record struct FilterToSubscribe(ReadOnlyMemory<byte> Filter, SubscriptionOptions Options);
