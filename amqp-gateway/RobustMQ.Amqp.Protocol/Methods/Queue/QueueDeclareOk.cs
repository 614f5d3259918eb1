namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.declare-ok</c> (50, 11): <c>queue shortstr | message-count long | consumer-count long</c>. Sent by servers.</summary>
public readonly ref struct QueueDeclareOk : IAmqpMethod<QueueDeclareOk>
{
    public static MethodId Id => MethodId.QueueDeclareOk;

    public ReadOnlySpan<byte> Queue { get; init; }

    public uint MessageCount { get; init; }

    public uint ConsumerCount { get; init; }

    public int Size => 9 + Queue.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteShortString(Queue);
        writer.WriteUInt32(MessageCount);
        writer.WriteUInt32(ConsumerCount);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueDeclareOk method)
    {
        var reader = new AmqpReader(payload);
        var queue = reader.ReadShortString();
        var messageCount = reader.ReadUInt32();
        var consumerCount = reader.ReadUInt32();
        method = new QueueDeclareOk { Queue = queue, MessageCount = messageCount, ConsumerCount = consumerCount };
        return reader.IsWhole;
    }
}
