namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.close-ok</c> (10, 51): no arguments. Sent by both sides.</summary>
public readonly ref struct ConnectionCloseOk : IAmqpMethod<ConnectionCloseOk>
{
    public static MethodId Id => MethodId.ConnectionCloseOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionCloseOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
