namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.update-secret-ok</c> (10, 71): no arguments. Sent by servers.</summary>
public readonly ref struct ConnectionUpdateSecretOk : IAmqpMethod<ConnectionUpdateSecretOk>
{
    public static MethodId Id => MethodId.ConnectionUpdateSecretOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionUpdateSecretOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
