namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.secure-ok</c> (10, 21): <c>response longstr</c>. Sent by clients.</summary>
public readonly ref struct ConnectionSecureOk : IAmqpMethod<ConnectionSecureOk>
{
    public static MethodId Id => MethodId.ConnectionSecureOk;

    public ReadOnlySpan<byte> Response { get; init; }

    public int Size => 4 + Response.Length;

    public void Write(ref AmqpWriter writer) => writer.WriteLongString(Response);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionSecureOk method)
    {
        var reader = new AmqpReader(payload);
        var response = reader.ReadLongString();
        method = new ConnectionSecureOk { Response = response };
        return reader.IsWhole;
    }
}
