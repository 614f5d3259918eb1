namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.purge-ok</c> (50, 31): <c>message-count long</c>. Sent by servers.</summary>
public readonly ref struct QueuePurgeOk : IAmqpMethod<QueuePurgeOk>
{
    public static MethodId Id => MethodId.QueuePurgeOk;

    public uint MessageCount { get; init; }

    public int Size => 4;

    public void Write(ref AmqpWriter writer) => writer.WriteUInt32(MessageCount);

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueuePurgeOk method)
    {
        var reader = new AmqpReader(payload);
        var messageCount = reader.ReadUInt32();
        method = new QueuePurgeOk { MessageCount = messageCount };
        return reader.IsWhole;
    }
}
