namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.purge</c> (50, 30): <c>reserved short | queue shortstr | no-wait bit</c>. Sent by clients.</summary>
public readonly ref struct QueuePurge : IAmqpMethod<QueuePurge>
{
    public static MethodId Id => MethodId.QueuePurge;

    public ReadOnlySpan<byte> Queue { get; init; }

    public bool NoWait { get; init; }

    public int Size => 4 + Queue.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Queue);
        writer.WriteByte(NoWait ? (byte)1 : (byte)0);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueuePurge method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var queue = reader.ReadShortString();
        var bits = reader.ReadByte();
        method = new QueuePurge { Queue = queue, NoWait = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
