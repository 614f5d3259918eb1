namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>channel.close-ok</c> (20, 41): no arguments. Sent by both sides.</summary>
public readonly ref struct ChannelCloseOk : IAmqpMethod<ChannelCloseOk>
{
    public static MethodId Id => MethodId.ChannelCloseOk;

    public int Size => 0;

    public void Write(ref AmqpWriter writer)
    {
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ChannelCloseOk method)
    {
        method = default;
        return payload.IsEmpty;
    }
}
