namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>channel.flow-ok</c> (20, 21): <c>active bit</c>. Sent by both sides.</summary>
public readonly ref struct ChannelFlowOk : IAmqpMethod<ChannelFlowOk>
{
    public static MethodId Id => MethodId.ChannelFlowOk;

    public bool Active { get; init; }

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteByte(Active ? (byte)1 : (byte)0);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ChannelFlowOk method)
    {
        var reader = new AmqpReader(payload);
        var bits = reader.ReadByte();
        method = new ChannelFlowOk { Active = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
