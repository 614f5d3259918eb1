namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.cancel-ok</c> (60, 31): <c>consumer-tag shortstr</c>. Sent by both sides.</summary>
public readonly ref struct BasicCancelOk : IAmqpMethod<BasicCancelOk>
{
    public static MethodId Id => MethodId.BasicCancelOk;

    public ReadOnlySpan<byte> ConsumerTag { get; init; }

    public int Size => 1 + ConsumerTag.Length;

    public void Write(ref AmqpWriter writer) => writer.WriteShortString(ConsumerTag);

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicCancelOk method)
    {
        var reader = new AmqpReader(payload);
        var consumerTag = reader.ReadShortString();
        method = new BasicCancelOk { ConsumerTag = consumerTag };
        return reader.IsWhole;
    }
}
