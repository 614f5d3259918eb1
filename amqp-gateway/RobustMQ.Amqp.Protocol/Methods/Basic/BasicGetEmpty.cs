namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.get-empty</c> (60, 72): <c>reserved shortstr</c>. Sent by servers.</summary>
public readonly ref struct BasicGetEmpty : IAmqpMethod<BasicGetEmpty>
{
    public static MethodId Id => MethodId.BasicGetEmpty;

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteShortString(default);

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicGetEmpty method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadShortString();
        method = default;
        return reader.IsWhole;
    }
}
