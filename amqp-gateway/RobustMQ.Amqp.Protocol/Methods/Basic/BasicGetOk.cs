namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.get-ok</c> (60, 71): <c>delivery-tag longlong | redelivered bit | exchange shortstr | routing-key shortstr | message-count long</c>. Sent by servers.</summary>
public readonly ref struct BasicGetOk : IAmqpMethod<BasicGetOk>
{
    public static MethodId Id => MethodId.BasicGetOk;

    public ulong DeliveryTag { get; init; }

    public bool Redelivered { get; init; }

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public uint MessageCount { get; init; }

    public int Size => 15 + Exchange.Length + RoutingKey.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt64(DeliveryTag);
        writer.WriteByte(Redelivered ? (byte)1 : (byte)0);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteUInt32(MessageCount);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicGetOk method)
    {
        var reader = new AmqpReader(payload);
        var deliveryTag = reader.ReadUInt64();
        var bits = reader.ReadByte();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        var messageCount = reader.ReadUInt32();
        method = new BasicGetOk
        {
            DeliveryTag = deliveryTag,
            Redelivered = (bits & 1) != 0,
            Exchange = exchange,
            RoutingKey = routingKey,
            MessageCount = messageCount,
        };
        return reader.IsWhole;
    }
}
