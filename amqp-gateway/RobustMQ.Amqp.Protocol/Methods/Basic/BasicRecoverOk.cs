namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.recover-ok</c> (60, 111): no arguments. Sent by servers.</summary>
public readonly ref struct BasicRecoverOk : IAmqpMethod<BasicRecoverOk>
{
    public static MethodId Id => MethodId.BasicRecoverOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicRecoverOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
