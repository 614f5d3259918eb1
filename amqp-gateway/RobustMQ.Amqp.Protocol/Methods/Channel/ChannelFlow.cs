namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>channel.flow</c> (20, 20): <c>active bit</c>. Sent by both sides.</summary>
public readonly ref struct ChannelFlow : IAmqpMethod<ChannelFlow>
{
    public static MethodId Id => MethodId.ChannelFlow;

    public bool Active { get; init; }

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteByte(Active ? (byte)1 : (byte)0);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ChannelFlow method)
    {
        var reader = new AmqpReader(payload);
        var bits = reader.ReadByte();
        method = new ChannelFlow { Active = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
