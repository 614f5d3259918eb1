namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.delete</c> (50, 40): <c>reserved short | queue shortstr | if-unused bit | if-empty bit | no-wait bit</c>. Sent by clients.</summary>
public readonly ref struct QueueDelete : IAmqpMethod<QueueDelete>
{
    public static MethodId Id => MethodId.QueueDelete;

    public ReadOnlySpan<byte> Queue { get; init; }

    public bool IfUnused { get; init; }

    public bool IfEmpty { get; init; }

    public bool NoWait { get; init; }

    public int Size => 4 + Queue.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Queue);
        writer.WriteByte((byte)((IfUnused ? 1 : 0) | (IfEmpty ? 2 : 0) | (NoWait ? 4 : 0)));
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueDelete method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var queue = reader.ReadShortString();
        var bits = reader.ReadByte();
        method = new QueueDelete
        {
            Queue = queue,
            IfUnused = (bits & 1) != 0,
            IfEmpty = (bits & 2) != 0,
            NoWait = (bits & 4) != 0,
        };
        return reader.IsWhole;
    }
}
