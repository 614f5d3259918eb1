namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.declare</c> (50, 10): <c>reserved short | queue shortstr | passive bit | durable bit | exclusive bit | auto-delete bit | no-wait bit | arguments table</c>. Sent by clients.</summary>
public readonly ref struct QueueDeclare : IAmqpMethod<QueueDeclare>
{
    public static MethodId Id => MethodId.QueueDeclare;

    public ReadOnlySpan<byte> Queue { get; init; }

    public bool Passive { get; init; }

    public bool Durable { get; init; }

    public bool Exclusive { get; init; }

    public bool AutoDelete { get; init; }

    public bool NoWait { get; init; }

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }

    public int Size => 8 + Queue.Length + Arguments.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Queue);
        writer.WriteByte((byte)((Passive ? 1 : 0) | (Durable ? 2 : 0) | (Exclusive ? 4 : 0) | (AutoDelete ? 8 : 0) | (NoWait ? 16 : 0)));
        writer.WriteTable(Arguments);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueDeclare method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var queue = reader.ReadShortString();
        var bits = reader.ReadByte();
        var arguments = reader.ReadTable();
        method = new QueueDeclare
        {
            Queue = queue,
            Passive = (bits & 1) != 0,
            Durable = (bits & 2) != 0,
            Exclusive = (bits & 4) != 0,
            AutoDelete = (bits & 8) != 0,
            NoWait = (bits & 16) != 0,
            Arguments = arguments,
        };
        return reader.IsWhole;
    }
}
