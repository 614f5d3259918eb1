namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.tune-ok</c> (10, 31): <c>channel-max short | frame-max long | heartbeat short</c>. Sent by clients.</summary>
public readonly ref struct ConnectionTuneOk : IAmqpMethod<ConnectionTuneOk>
{
    public static MethodId Id => MethodId.ConnectionTuneOk;

    public ushort ChannelMax { get; init; }

    public uint FrameMax { get; init; }

    public ushort Heartbeat { get; init; }

    public int Size => 8;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(ChannelMax);
        writer.WriteUInt32(FrameMax);
        writer.WriteUInt16(Heartbeat);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionTuneOk method)
    {
        var reader = new AmqpReader(payload);
        var channelMax = reader.ReadUInt16();
        var frameMax = reader.ReadUInt32();
        var heartbeat = reader.ReadUInt16();
        method = new ConnectionTuneOk { ChannelMax = channelMax, FrameMax = frameMax, Heartbeat = heartbeat };
        return reader.IsWhole;
    }
}
