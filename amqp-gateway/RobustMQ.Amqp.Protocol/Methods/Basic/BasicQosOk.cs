namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.qos-ok</c> (60, 11): no arguments. Sent by servers.</summary>
public readonly ref struct BasicQosOk : IAmqpMethod<BasicQosOk>
{
    public static MethodId Id => MethodId.BasicQosOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicQosOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
