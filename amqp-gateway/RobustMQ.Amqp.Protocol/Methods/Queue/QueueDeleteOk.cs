namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>queue.delete-ok</c> (50, 41): <c>message-count long</c>. Sent by servers.</summary>
public readonly ref struct QueueDeleteOk : IAmqpMethod<QueueDeleteOk>
{
    public static MethodId Id => MethodId.QueueDeleteOk;

    public uint MessageCount { get; init; }

    public int Size => 4;

    public void Write(ref AmqpWriter writer) => writer.WriteUInt32(MessageCount);

    public static bool TryRead(ReadOnlySpan<byte> payload, out QueueDeleteOk method)
    {
        var reader = new AmqpReader(payload);
        var messageCount = reader.ReadUInt32();
        method = new QueueDeleteOk { MessageCount = messageCount };
        return reader.IsWhole;
    }
}
