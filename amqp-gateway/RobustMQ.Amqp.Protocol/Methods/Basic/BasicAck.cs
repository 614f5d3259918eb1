namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.ack</c> (60, 80): <c>delivery-tag longlong | multiple bit</c>. Sent by both sides.</summary>
public readonly ref struct BasicAck : IAmqpMethod<BasicAck>
{
    public static MethodId Id => MethodId.BasicAck;

    public ulong DeliveryTag { get; init; }

    public bool Multiple { get; init; }

    public int Size => 9;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt64(DeliveryTag);
        writer.WriteByte(Multiple ? (byte)1 : (byte)0);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicAck method)
    {
        var reader = new AmqpReader(payload);
        var deliveryTag = reader.ReadUInt64();
        var bits = reader.ReadByte();
        method = new BasicAck { DeliveryTag = deliveryTag, Multiple = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
