namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.close</c> (10, 50): <c>reply-code short | reply-text shortstr | failing-class short | failing-method short</c>. Sent by both sides.</summary>
public readonly ref struct ConnectionClose : IAmqpMethod<ConnectionClose>
{
    public static MethodId Id => MethodId.ConnectionClose;

    public ushort ReplyCode { get; init; }

    public ReadOnlySpan<byte> ReplyText { get; init; }

    public ushort FailingClass { get; init; }

    public ushort FailingMethod { get; init; }

    public int Size => 7 + ReplyText.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(ReplyCode);
        writer.WriteShortString(ReplyText);
        writer.WriteUInt16(FailingClass);
        writer.WriteUInt16(FailingMethod);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionClose method)
    {
        var reader = new AmqpReader(payload);
        var replyCode = reader.ReadUInt16();
        var replyText = reader.ReadShortString();
        var failingClass = reader.ReadUInt16();
        var failingMethod = reader.ReadUInt16();
        method = new ConnectionClose
        {
            ReplyCode = replyCode,
            ReplyText = replyText,
            FailingClass = failingClass,
            FailingMethod = failingMethod,
        };
        return reader.IsWhole;
    }
}
