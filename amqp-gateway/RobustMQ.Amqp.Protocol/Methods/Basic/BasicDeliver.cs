namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.deliver</c> (60, 60): <c>consumer-tag shortstr | delivery-tag longlong | redelivered bit | exchange shortstr | routing-key shortstr</c>. Sent by servers.</summary>
public readonly ref struct BasicDeliver : IAmqpMethod<BasicDeliver>
{
    public static MethodId Id => MethodId.BasicDeliver;

    public ReadOnlySpan<byte> ConsumerTag { get; init; }

    public ulong DeliveryTag { get; init; }

    public bool Redelivered { get; init; }

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public int Size => 12 + ConsumerTag.Length + Exchange.Length + RoutingKey.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteShortString(ConsumerTag);
        writer.WriteUInt64(DeliveryTag);
        writer.WriteByte(Redelivered ? (byte)1 : (byte)0);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicDeliver method)
    {
        var reader = new AmqpReader(payload);
        var consumerTag = reader.ReadShortString();
        var deliveryTag = reader.ReadUInt64();
        var bits = reader.ReadByte();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        method = new BasicDeliver
        {
            ConsumerTag = consumerTag,
            DeliveryTag = deliveryTag,
            Redelivered = (bits & 1) != 0,
            Exchange = exchange,
            RoutingKey = routingKey,
        };
        return reader.IsWhole;
    }
}
