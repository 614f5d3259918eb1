namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>connection.start</c> (10, 10): <c>version-major octet | version-minor octet | server-properties table | mechanisms longstr | locales longstr</c>. Sent by servers.</summary>
public readonly ref struct ConnectionStart : IAmqpMethod<ConnectionStart>
{
    public static MethodId Id => MethodId.ConnectionStart;

    public byte VersionMajor { get; init; }

    public byte VersionMinor { get; init; }

    /// <summary>A field table without its length: <see cref="Tables.FieldTableReader"/> reads it.</summary>
    public ReadOnlySpan<byte> ServerProperties { get; init; }

    public ReadOnlySpan<byte> Mechanisms { get; init; }

    public ReadOnlySpan<byte> Locales { get; init; }

    public int Size => 14 + ServerProperties.Length + Mechanisms.Length + Locales.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteByte(VersionMajor);
        writer.WriteByte(VersionMinor);
        writer.WriteTable(ServerProperties);
        writer.WriteLongString(Mechanisms);
        writer.WriteLongString(Locales);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ConnectionStart method)
    {
        var reader = new AmqpReader(payload);
        var versionMajor = reader.ReadByte();
        var versionMinor = reader.ReadByte();
        var serverProperties = reader.ReadTable();
        var mechanisms = reader.ReadLongString();
        var locales = reader.ReadLongString();
        method = new ConnectionStart
        {
            VersionMajor = versionMajor,
            VersionMinor = versionMinor,
            ServerProperties = serverProperties,
            Mechanisms = mechanisms,
            Locales = locales,
        };
        return reader.IsWhole;
    }
}
