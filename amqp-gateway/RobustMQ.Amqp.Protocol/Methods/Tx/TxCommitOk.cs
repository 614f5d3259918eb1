namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>tx.commit-ok</c> (90, 21): no arguments. Sent by servers.</summary>
public readonly ref struct TxCommitOk : IAmqpMethod<TxCommitOk>
{
    public static MethodId Id => MethodId.TxCommitOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out TxCommitOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
