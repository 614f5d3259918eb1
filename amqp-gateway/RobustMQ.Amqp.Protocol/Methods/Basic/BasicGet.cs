namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.get</c> (60, 70): <c>reserved short | queue shortstr | no-ack bit</c>. Sent by clients.</summary>
public readonly ref struct BasicGet : IAmqpMethod<BasicGet>
{
    public static MethodId Id => MethodId.BasicGet;

    public ReadOnlySpan<byte> Queue { get; init; }

    public bool NoAck { get; init; }

    public int Size => 4 + Queue.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Queue);
        writer.WriteByte(NoAck ? (byte)1 : (byte)0);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicGet method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var queue = reader.ReadShortString();
        var bits = reader.ReadByte();
        method = new BasicGet { Queue = queue, NoAck = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
