namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.bind</c> (50, 20): <c>reserved short | queue shortstr | exchange shortstr | routing-key shortstr | no-wait bit | arguments table</c>. Sent by clients.</summary>
public readonly ref struct QueueBind : IAmqpMethod<QueueBind>
{
    public static MethodId Id => MethodId.QueueBind;

    public ReadOnlySpan<byte> Queue { get; init; }

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public bool NoWait { get; init; }

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }

    public int Size => 10 + Queue.Length + Exchange.Length + RoutingKey.Length + Arguments.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Queue);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteByte(NoWait ? (byte)1 : (byte)0);
        writer.WriteTable(Arguments);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueBind method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var queue = reader.ReadShortString();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        var bits = reader.ReadByte();
        var arguments = reader.ReadTable();
        method = new QueueBind
        {
            Queue = queue,
            Exchange = exchange,
            RoutingKey = routingKey,
            NoWait = (bits & 1) != 0,
            Arguments = arguments,
        };
        return reader.IsWhole;
    }
}
