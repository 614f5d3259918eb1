namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>exchange.bind-ok</c> (40, 31): no arguments. Sent by servers.</summary>
public readonly ref struct ExchangeBindOk : IAmqpMethod<ExchangeBindOk>
{
    public static MethodId Id => MethodId.ExchangeBindOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExchangeBindOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
