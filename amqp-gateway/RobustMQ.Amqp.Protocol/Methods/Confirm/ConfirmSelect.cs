namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>confirm.select</c> (85, 10): <c>no-wait bit</c>. Sent by clients.</summary>
public readonly ref struct ConfirmSelect : IAmqpMethod<ConfirmSelect>
{
    public static MethodId Id => MethodId.ConfirmSelect;

    public bool NoWait { get; init; }

    public int Size => 1;

    public void Write(ref AmqpWriter writer) => writer.WriteByte(NoWait ? (byte)1 : (byte)0);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConfirmSelect method)
    {
        var reader = new AmqpReader(payload);
        var bits = reader.ReadByte();
        method = new ConfirmSelect { NoWait = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
