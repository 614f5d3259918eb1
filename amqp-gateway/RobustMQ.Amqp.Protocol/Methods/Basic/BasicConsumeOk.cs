namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.consume-ok</c> (60, 21): <c>consumer-tag shortstr</c>. Sent by servers.</summary>
public readonly ref struct BasicConsumeOk : IAmqpMethod<BasicConsumeOk>
{
    public static MethodId Id => MethodId.BasicConsumeOk;

    public ReadOnlySpan<byte> ConsumerTag { get; init; }

    public int Size => 1 + ConsumerTag.Length;

    public void Write(ref AmqpWriter writer) => writer.WriteShortString(ConsumerTag);

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicConsumeOk method)
    {
        var reader = new AmqpReader(payload);
        var consumerTag = reader.ReadShortString();
        method = new BasicConsumeOk { ConsumerTag = consumerTag };
        return reader.IsWhole;
    }
}
