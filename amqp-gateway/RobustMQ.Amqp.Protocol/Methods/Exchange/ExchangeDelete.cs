namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>exchange.delete</c> (40, 20): <c>reserved short | exchange shortstr | if-unused bit | no-wait bit</c>. Sent by clients.</summary>
public readonly ref struct ExchangeDelete : IAmqpMethod<ExchangeDelete>
{
    public static MethodId Id => MethodId.ExchangeDelete;

    public ReadOnlySpan<byte> Exchange { get; init; }

    public bool IfUnused { get; init; }

    public bool NoWait { get; init; }

    public int Size => 4 + Exchange.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Exchange);
        writer.WriteByte((byte)((IfUnused ? 1 : 0) | (NoWait ? 2 : 0)));
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExchangeDelete method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var exchange = reader.ReadShortString();
        var bits = reader.ReadByte();
        method = new ExchangeDelete { Exchange = exchange, IfUnused = (bits & 1) != 0, NoWait = (bits & 2) != 0 };
        return reader.IsWhole;
    }
}
