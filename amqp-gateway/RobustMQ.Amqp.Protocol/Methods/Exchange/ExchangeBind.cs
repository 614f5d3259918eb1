namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>exchange.bind</c> (40, 30): <c>reserved short | destination shortstr | source shortstr | routing-key shortstr | no-wait bit | arguments table</c>. Sent by clients.</summary>
public readonly ref struct ExchangeBind : IAmqpMethod<ExchangeBind>
{
    public static MethodId Id => MethodId.ExchangeBind;

    public ReadOnlySpan<byte> Destination { get; init; }

    public ReadOnlySpan<byte> Source { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public bool NoWait { get; init; }

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }

    public int Size => 10 + Destination.Length + Source.Length + RoutingKey.Length + Arguments.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Destination);
        writer.WriteShortString(Source);
        writer.WriteShortString(RoutingKey);
        writer.WriteByte(NoWait ? (byte)1 : (byte)0);
        writer.WriteTable(Arguments);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExchangeBind method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var destination = reader.ReadShortString();
        var source = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        var bits = reader.ReadByte();
        var arguments = reader.ReadTable();
        method = new ExchangeBind
        {
            Destination = destination,
            Source = source,
            RoutingKey = routingKey,
            NoWait = (bits & 1) != 0,
            Arguments = arguments,
        };
        return reader.IsWhole;
    }
}
