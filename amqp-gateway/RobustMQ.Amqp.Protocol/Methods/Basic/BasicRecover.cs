namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.recover</c> (60, 110): <c>requeue bit</c>. Sent by clients.</summary>
public readonly ref struct BasicRecover : IAmqpMethod<BasicRecover>
{
    public static MethodId Id => MethodId.BasicRecover;

    public bool Requeue { get; init; }

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteByte(Requeue ? (byte)1 : (byte)0);

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicRecover method)
    {
        var reader = new AmqpReader(payload);
        var bits = reader.ReadByte();
        method = new BasicRecover { Requeue = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
