namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>confirm.select-ok</c> (85, 11): no arguments. Sent by servers.</summary>
public readonly ref struct ConfirmSelectOk : IAmqpMethod<ConfirmSelectOk>
{
    public static MethodId Id => MethodId.ConfirmSelectOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConfirmSelectOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
