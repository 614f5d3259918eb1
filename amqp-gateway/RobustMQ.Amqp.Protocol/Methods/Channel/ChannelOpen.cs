namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>channel.open</c> (20, 10): <c>reserved shortstr</c>. Sent by clients.</summary>
public readonly ref struct ChannelOpen : IAmqpMethod<ChannelOpen>
{
    public static MethodId Id => MethodId.ChannelOpen;

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteShortString(default);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ChannelOpen method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadShortString();
        method = default;
        return reader.IsWhole;
    }
}
