namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>tx.rollback-ok</c> (90, 31): no arguments. Sent by servers.</summary>
public readonly ref struct TxRollbackOk : IAmqpMethod<TxRollbackOk>
{
    public static MethodId Id => MethodId.TxRollbackOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out TxRollbackOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
