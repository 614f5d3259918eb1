namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>tx.select-ok</c> (90, 11): no arguments. Sent by servers.</summary>
public readonly ref struct TxSelectOk : IAmqpMethod<TxSelectOk>
{
    public static MethodId Id => MethodId.TxSelectOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out TxSelectOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
