namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>exchange.unbind-ok</c> (40, 51): no arguments. Sent by servers.</summary>
public readonly ref struct ExchangeUnbindOk : IAmqpMethod<ExchangeUnbindOk>
{
    public static MethodId Id => MethodId.ExchangeUnbindOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExchangeUnbindOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
