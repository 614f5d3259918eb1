namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.unbind-ok</c> (50, 51): no arguments. Sent by servers.</summary>
public readonly ref struct QueueUnbindOk : IAmqpMethod<QueueUnbindOk>
{
    public static MethodId Id => MethodId.QueueUnbindOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueUnbindOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
