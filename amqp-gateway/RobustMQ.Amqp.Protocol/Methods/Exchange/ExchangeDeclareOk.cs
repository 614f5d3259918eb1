namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>exchange.declare-ok</c> (40, 11): no arguments. Sent by servers.</summary>
public readonly ref struct ExchangeDeclareOk : IAmqpMethod<ExchangeDeclareOk>
{
    public static MethodId Id => MethodId.ExchangeDeclareOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExchangeDeclareOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
