namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.qos</c> (60, 10): <c>prefetch-size long | prefetch-count short | global bit</c>. Sent by clients.</summary>
public readonly ref struct BasicQos : IAmqpMethod<BasicQos>
{
    public static MethodId Id => MethodId.BasicQos;

    public uint PrefetchSize { get; init; }

    public ushort PrefetchCount { get; init; }

    public bool Global { get; init; }

    public int Size => 7;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt32(PrefetchSize);
        writer.WriteUInt16(PrefetchCount);
        writer.WriteByte(Global ? (byte)1 : (byte)0);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicQos method)
    {
        var reader = new AmqpReader(payload);
        var prefetchSize = reader.ReadUInt32();
        var prefetchCount = reader.ReadUInt16();
        var bits = reader.ReadByte();
        method = new BasicQos { PrefetchSize = prefetchSize, PrefetchCount = prefetchCount, Global = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
