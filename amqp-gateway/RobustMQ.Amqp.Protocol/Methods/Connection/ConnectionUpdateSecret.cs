namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.update-secret</c> (10, 70): <c>new-secret longstr | reason shortstr</c>. Sent by clients.</summary>
public readonly ref struct ConnectionUpdateSecret : IAmqpMethod<ConnectionUpdateSecret>
{
    public static MethodId Id => MethodId.ConnectionUpdateSecret;

    public ReadOnlySpan<byte> NewSecret { get; init; }

    public ReadOnlySpan<byte> Reason { get; init; }

    public int Size => 5 + NewSecret.Length + Reason.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteLongString(NewSecret);
        writer.WriteShortString(Reason);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionUpdateSecret method)
    {
        var reader = new AmqpReader(payload);
        var newSecret = reader.ReadLongString();
        var reason = reader.ReadShortString();
        method = new ConnectionUpdateSecret { NewSecret = newSecret, Reason = reason };
        return reader.IsWhole;
    }
}
