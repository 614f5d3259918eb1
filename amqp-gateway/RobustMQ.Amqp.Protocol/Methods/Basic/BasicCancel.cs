namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.cancel</c> (60, 30): <c>consumer-tag shortstr | no-wait bit</c>. Sent by both sides.</summary>
public readonly ref struct BasicCancel : IAmqpMethod<BasicCancel>
{
    public static MethodId Id => MethodId.BasicCancel;

    public ReadOnlySpan<byte> ConsumerTag { get; init; }

    public bool NoWait { get; init; }

    public int Size => 2 + ConsumerTag.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteShortString(ConsumerTag);
        writer.WriteByte(NoWait ? (byte)1 : (byte)0);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicCancel method)
    {
        var reader = new AmqpReader(payload);
        var consumerTag = reader.ReadShortString();
        var bits = reader.ReadByte();
        method = new BasicCancel { ConsumerTag = consumerTag, NoWait = (bits & 1) != 0 };
        return reader.IsWhole;
    }
}
