using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Packets;

/// <summary>UNSUBSCRIBE (5.0 section 3.10): <c>packet id 2 | [properties] | (filter text)+</c>. Enumerating gives the filters.</summary>
public readonly ref struct UnsubscribePacket
{
    private readonly ReadOnlySpan<byte> _filters;

    private UnsubscribePacket(ushort packetId, PropertyBlock properties, ReadOnlySpan<byte> filters)
    {
        PacketId = packetId;
        Properties = properties;
        _filters = filters;
    }

    public ushort PacketId { get; }

    public PropertyBlock Properties { get; }

    public Enumerator GetEnumerator() => new(_filters);

    public static ReasonCode TryRead(ReadOnlySpan<byte> body, MqttVersion version, out UnsubscribePacket packet)
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
            if (properties.Check(PropertyOwner.Unsubscribe) is var reason and not ReasonCode.Success)
                return reason;
        }
        var filters = reader.Rest;
        if (reader.IsEnd)
            return ReasonCode.ProtocolError;
        while (!reader.IsEnd)
        {
            if (!reader.TryReadText(out _))
                return ReasonCode.MalformedPacket;
        }
        packet = new UnsubscribePacket(id, properties, filters);
        return ReasonCode.Success;
    }

    /// <summary>For clients.</summary>
    public static void Write(IBufferWriter<byte> target, MqttVersion version, ushort packetId, params ReadOnlySpan<ReadOnlyMemory<byte>> filters)
    {
        var length = 2 + (version == MqttVersion.V5 ? 1 : 0);
        foreach (var filter in filters)
            length += 2 + filter.Length;
        var span = WireWriter.Begin(target, PacketType.Unsubscribe, 2, length, out var at);
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], packetId);
        at += 2;
        if (version == MqttVersion.V5)
            span[at++] = 0;
        foreach (var filter in filters)
            at += WireWriter.WriteBinary(span[at..], filter.Span);
        target.Advance(at);
    }

    public ref struct Enumerator(ReadOnlySpan<byte> filters)
    {
        private WireReader _reader = new(filters);
        private ReadOnlySpan<byte> _current;

        public readonly ReadOnlySpan<byte> Current => _current;

        public bool MoveNext() => _reader.TryReadText(out _current);
    }
}
