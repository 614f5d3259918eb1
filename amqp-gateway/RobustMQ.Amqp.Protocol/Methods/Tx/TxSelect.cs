namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>tx.select</c> (90, 10): no arguments. Sent by clients.</summary>
public readonly ref struct TxSelect : IAmqpMethod<TxSelect>
{
    public static MethodId Id => MethodId.TxSelect;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out TxSelect method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
