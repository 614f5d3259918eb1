namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.secure</c> (10, 20): <c>challenge longstr</c>. Sent by servers.</summary>
public readonly ref struct ConnectionSecure : IAmqpMethod<ConnectionSecure>
{
    public static MethodId Id => MethodId.ConnectionSecure;

    public ReadOnlySpan<byte> Challenge { get; init; }

    public int Size => 4 + Challenge.Length;

    public void Write(ref AmqpWriter writer) => writer.WriteLongString(Challenge);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionSecure method)
    {
        var reader = new AmqpReader(payload);
        var challenge = reader.ReadLongString();
        method = new ConnectionSecure { Challenge = challenge };
        return reader.IsWhole;
    }
}
