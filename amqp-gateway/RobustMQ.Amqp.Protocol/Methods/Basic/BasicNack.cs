namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.nack</c> (60, 120): <c>delivery-tag longlong | multiple bit | requeue bit</c>. Sent by both sides.</summary>
public readonly ref struct BasicNack : IAmqpMethod<BasicNack>
{
    public static MethodId Id => MethodId.BasicNack;

    public ulong DeliveryTag { get; init; }

    public bool Multiple { get; init; }

    public bool Requeue { get; init; }

    public int Size => 9;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt64(DeliveryTag);
        writer.WriteByte((byte)((Multiple ? 1 : 0) | (Requeue ? 2 : 0)));
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicNack method)
    {
        var reader = new AmqpReader(payload);
        var deliveryTag = reader.ReadUInt64();
        var bits = reader.ReadByte();
        method = new BasicNack { DeliveryTag = deliveryTag, Multiple = (bits & 1) != 0, Requeue = (bits & 2) != 0 };
        return reader.IsWhole;
    }
}
