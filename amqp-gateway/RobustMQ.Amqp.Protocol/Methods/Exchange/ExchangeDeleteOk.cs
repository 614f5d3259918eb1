namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>exchange.delete-ok</c> (40, 21): no arguments. Sent by servers.</summary>
public readonly ref struct ExchangeDeleteOk : IAmqpMethod<ExchangeDeleteOk>
{
    public static MethodId Id => MethodId.ExchangeDeleteOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExchangeDeleteOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
