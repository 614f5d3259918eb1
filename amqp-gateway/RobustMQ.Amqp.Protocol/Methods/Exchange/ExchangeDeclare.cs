namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>exchange.declare</c> (40, 10): <c>reserved short | exchange shortstr | type shortstr | passive bit | durable bit | auto-delete bit | internal bit | no-wait bit | arguments table</c>. Sent by clients.</summary>
public readonly ref struct ExchangeDeclare : IAmqpMethod<ExchangeDeclare>
{
    public static MethodId Id => MethodId.ExchangeDeclare;

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> Type { get; init; }

    public bool Passive { get; init; }

    public bool Durable { get; init; }

    public bool AutoDelete { get; init; }

    public bool Internal { get; init; }

    public bool NoWait { get; init; }

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }

    public int Size => 9 + Exchange.Length + Type.Length + Arguments.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(Type);
        writer.WriteByte((byte)((Passive ? 1 : 0) | (Durable ? 2 : 0) | (AutoDelete ? 4 : 0) | (Internal ? 8 : 0) | (NoWait ? 16 : 0)));
        writer.WriteTable(Arguments);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExchangeDeclare method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var exchange = reader.ReadShortString();
        var type = reader.ReadShortString();
        var bits = reader.ReadByte();
        var arguments = reader.ReadTable();
        method = new ExchangeDeclare
        {
            Exchange = exchange,
            Type = type,
            Passive = (bits & 1) != 0,
            Durable = (bits & 2) != 0,
            AutoDelete = (bits & 4) != 0,
            Internal = (bits & 8) != 0,
            NoWait = (bits & 16) != 0,
            Arguments = arguments,
        };
        return reader.IsWhole;
    }
}
