namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.unblocked</c> (10, 61): no arguments. Sent by servers.</summary>
public readonly ref struct ConnectionUnblocked : IAmqpMethod<ConnectionUnblocked>
{
    public static MethodId Id => MethodId.ConnectionUnblocked;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionUnblocked method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
