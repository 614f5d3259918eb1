namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>access.request-ok</c> (30, 11): <c>ticket short</c>. Sent by servers.</summary>
public readonly ref struct AccessRequestOk : IAmqpMethod<AccessRequestOk>
{
    public static MethodId Id => MethodId.AccessRequestOk;

    public ushort Ticket { get; init; }

    public int Size => 2;

    public void Write(ref AmqpWriter writer) => writer.WriteUInt16(Ticket);

    public static bool TryRead(ReadOnlySpan<byte> payload, out AccessRequestOk method)
    {
        var reader = new AmqpReader(payload);
        var ticket = reader.ReadUInt16();
        method = new AccessRequestOk { Ticket = ticket };
        return reader.IsWhole;
    }
}
