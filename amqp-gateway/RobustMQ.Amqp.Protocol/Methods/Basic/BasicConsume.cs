namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>basic.consume</c> (60, 20): <c>reserved short | queue shortstr | consumer-tag shortstr | no-local bit | no-ack bit | exclusive bit | no-wait bit | arguments table</c>. Sent by clients.</summary>
public readonly ref struct BasicConsume : IAmqpMethod<BasicConsume>
{
    public static MethodId Id => MethodId.BasicConsume;

    public ReadOnlySpan<byte> Queue { get; init; }

    public ReadOnlySpan<byte> ConsumerTag { get; init; }

    public bool NoLocal { get; init; }

    public bool NoAck { get; init; }

    public bool Exclusive { get; init; }

    public bool NoWait { get; init; }

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }

    public int Size => 9 + Queue.Length + ConsumerTag.Length + Arguments.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16(0);
        writer.WriteShortString(Queue);
        writer.WriteShortString(ConsumerTag);
        writer.WriteByte((byte)((NoLocal ? 1 : 0) | (NoAck ? 2 : 0) | (Exclusive ? 4 : 0) | (NoWait ? 8 : 0)));
        writer.WriteTable(Arguments);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BasicConsume method)
    {
        var reader = new AmqpReader(payload);
        _ = reader.ReadUInt16();
        var queue = reader.ReadShortString();
        var consumerTag = reader.ReadShortString();
        var bits = reader.ReadByte();
        var arguments = reader.ReadTable();
        method = new BasicConsume
        {
            Queue = queue,
            ConsumerTag = consumerTag,
            NoLocal = (bits & 1) != 0,
            NoAck = (bits & 2) != 0,
            Exclusive = (bits & 4) != 0,
            NoWait = (bits & 8) != 0,
            Arguments = arguments,
        };
        return reader.IsWhole;
    }
}
