namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.open</c> (10, 40): <c>virtual-host shortstr | reserved shortstr | reserved bit</c>. Sent by clients.</summary>
public readonly ref struct ConnectionOpen : IAmqpMethod<ConnectionOpen>
{
    public static MethodId Id => MethodId.ConnectionOpen;

    public ReadOnlySpan<byte> VirtualHost { get; init; }

    public int Size => 3 + VirtualHost.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteShortString(VirtualHost);
        writer.WriteShortString(default);
        writer.WriteByte(0);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionOpen method)
    {
        var reader = new AmqpReader(payload);
        var virtualHost = reader.ReadShortString();
        _ = reader.ReadShortString();
        _ = reader.ReadByte();
        method = new ConnectionOpen { VirtualHost = virtualHost };
        return reader.IsWhole;
    }
}
