namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.recover-async</c> (60, 100): <c>requeue bit</c>. Sent by clients.</summary>
public readonly ref struct BasicRecoverAsync : IAmqpMethod<BasicRecoverAsync>
{
    public static MethodId Id => MethodId.BasicRecoverAsync;

    public bool Requeue { get; init; }

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteByte(Requeue ? (byte)1 : (byte)0);

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicRecoverAsync method)
    {
        var reader = new AmqpReader(payload);
        var bits = reader.ReadByte();
        method = new BasicRecoverAsync { Requeue = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
