namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>channel.open-ok</c> (20, 11): <c>reserved longstr</c>. Sent by servers.</summary>
public readonly ref struct ChannelOpenOk : IAmqpMethod<ChannelOpenOk>
{
    public static MethodId Id => MethodId.ChannelOpenOk;

    public int Size => 4;

    public void Write(ref AmqpWriter writer) => writer.WriteLongString(default);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ChannelOpenOk method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadLongString();
        method = default;
        return reader.IsWhole;
    }
}
