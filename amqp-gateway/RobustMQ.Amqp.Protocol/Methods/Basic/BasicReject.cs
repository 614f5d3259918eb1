namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.reject</c> (60, 90): <c>delivery-tag longlong | requeue bit</c>. Sent by clients.</summary>
public readonly ref struct BasicReject : IAmqpMethod<BasicReject>
{
    public static MethodId Id => MethodId.BasicReject;

    public ulong DeliveryTag { get; init; }

    public bool Requeue { get; init; }

    public int Size => 9;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt64(DeliveryTag);
        writer.WriteByte(Requeue ? (byte)1 : (byte)0);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicReject method)
    {
        var reader = new AmqpReader(payload);
        var deliveryTag = reader.ReadUInt64();
        var bits = reader.ReadByte();
        method = new BasicReject { DeliveryTag = deliveryTag, Requeue = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
