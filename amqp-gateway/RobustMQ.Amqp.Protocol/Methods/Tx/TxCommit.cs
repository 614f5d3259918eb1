namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>tx.commit</c> (90, 20): no arguments. Sent by clients.</summary>
public readonly ref struct TxCommit : IAmqpMethod<TxCommit>
{
    public static MethodId Id => MethodId.TxCommit;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out TxCommit method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
