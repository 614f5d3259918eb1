namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>tx.rollback</c> (90, 30): no arguments. Sent by clients.</summary>
public readonly ref struct TxRollback : IAmqpMethod<TxRollback>
{
    public static MethodId Id => MethodId.TxRollback;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out TxRollback method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
