namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.bind-ok</c> (50, 21): no arguments. Sent by servers.</summary>
public readonly ref struct QueueBindOk : IAmqpMethod<QueueBindOk>
{
    public static MethodId Id => MethodId.QueueBindOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueBindOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
