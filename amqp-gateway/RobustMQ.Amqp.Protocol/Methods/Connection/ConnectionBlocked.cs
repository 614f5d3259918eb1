namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.blocked</c> (10, 60): <c>reason shortstr</c>. Sent by servers.</summary>
public readonly ref struct ConnectionBlocked : IAmqpMethod<ConnectionBlocked>
{
    public static MethodId Id => MethodId.ConnectionBlocked;

    public ReadOnlySpan<byte> Reason { get; init; }

    public int Size => 1 + Reason.Length;

    public void Write(ref AmqpWriter writer) => writer.WriteShortString(Reason);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionBlocked method)
    {
        var reader = new AmqpReader(payload);
        var reason = reader.ReadShortString();
        method = new ConnectionBlocked { Reason = reason };
        return reader.IsWhole;
    }
}
