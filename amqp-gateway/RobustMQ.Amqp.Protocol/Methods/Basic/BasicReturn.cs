namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.return</c> (60, 50): <c>reply-code short | reply-text shortstr | exchange shortstr | routing-key shortstr</c>. Sent by servers.</summary>
public readonly ref struct BasicReturn : IAmqpMethod<BasicReturn>
{
    public static MethodId Id => MethodId.BasicReturn;

    public ushort ReplyCode { get; init; }

    public ReadOnlySpan<byte> ReplyText { get; init; }

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public int Size => 5 + ReplyText.Length + Exchange.Length + RoutingKey.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(ReplyCode);
        writer.WriteShortString(ReplyText);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicReturn method)
    {
        var reader = new AmqpReader(payload);
        var replyCode = reader.ReadUInt16();
        var replyText = reader.ReadShortString();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        method = new BasicReturn
        {
            ReplyCode = replyCode,
            ReplyText = replyText,
            Exchange = exchange,
            RoutingKey = routingKey,
        };
        return reader.IsWhole;
    }
}
