namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.start-ok</c> (10, 11): <c>client-properties table | mechanism shortstr | response longstr | locale shortstr</c>. Sent by clients.</summary>
public readonly ref struct ConnectionStartOk : IAmqpMethod<ConnectionStartOk>
{
    public static MethodId Id => MethodId.ConnectionStartOk;

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> ClientProperties { get; init; }

    public ReadOnlySpan<byte> Mechanism { get; init; }

    public ReadOnlySpan<byte> Response { get; init; }

    public ReadOnlySpan<byte> Locale { get; init; }

    public int Size => 10 + ClientProperties.Length + Mechanism.Length + Response.Length + Locale.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteTable(ClientProperties);
        writer.WriteShortString(Mechanism);
        writer.WriteLongString(Response);
        writer.WriteShortString(Locale);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionStartOk method)
    {
        var reader = new AmqpReader(payload);
        var clientProperties = reader.ReadTable();
        var mechanism = reader.ReadShortString();
        var response = reader.ReadLongString();
        var locale = reader.ReadShortString();
        method = new ConnectionStartOk
        {
            ClientProperties = clientProperties,
            Mechanism = mechanism,
            Response = response,
            Locale = locale,
        };
        return reader.IsWhole;
    }
}
