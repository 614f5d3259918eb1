namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.open-ok</c> (10, 41): <c>reserved shortstr</c>. Sent by servers.</summary>
public readonly ref struct ConnectionOpenOk : IAmqpMethod<ConnectionOpenOk>
{
    public static MethodId Id => MethodId.ConnectionOpenOk;

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteShortString(default);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionOpenOk method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadShortString();
        method = default;
        return reader.IsWhole;
    }
}
