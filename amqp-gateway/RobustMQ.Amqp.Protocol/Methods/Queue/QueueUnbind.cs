namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.unbind</c> (50, 50): <c>reserved short | queue shortstr | exchange shortstr | routing-key shortstr | arguments table</c>. Sent by clients.</summary>
public readonly ref struct QueueUnbind : IAmqpMethod<QueueUnbind>
{
    public static MethodId Id => MethodId.QueueUnbind;

    public ReadOnlySpan<byte> Queue { get; init; }

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }

    public int Size => 9 + Queue.Length + Exchange.Length + RoutingKey.Length + Arguments.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Queue);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteTable(Arguments);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueUnbind method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var queue = reader.ReadShortString();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        var arguments = reader.ReadTable();
        method = new QueueUnbind
        {
            Queue = queue,
            Exchange = exchange,
            RoutingKey = routingKey,
            Arguments = arguments,
        };
        return reader.IsWhole;
    }
}
