namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.publish</c> (60, 40): <c>reserved short | exchange shortstr | routing-key shortstr | mandatory bit | immediate bit</c>. Sent by clients.</summary>
public readonly ref struct BasicPublish : IAmqpMethod<BasicPublish>
{
    public static MethodId Id => MethodId.BasicPublish;

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public bool Mandatory { get; init; }

    public bool Immediate { get; init; }

    public int Size => 5 + Exchange.Length + RoutingKey.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteByte((byte)((Mandatory ? 1 : 0) | (Immediate ? 2 : 0)));
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicPublish method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        var bits = reader.ReadByte();
        method = new BasicPublish
        {
            Exchange = exchange,
            RoutingKey = routingKey,
            Mandatory = (bits & 1) != 0,
            Immediate = (bits & 2) != 0,
        };
        return reader.IsWhole;
    }
}
