namespace RobustMQ.Amqp.Protocol.Contents;

/// <summary>The payload of a header frame: <c>class u16 | weight u16 (0) | body size u64 | property flags u16 | properties</c>.</summary>
public readonly ref struct ContentHeader
{
    /// <summary>The only class with contents.</summary>
    public const ushort BasicClass = 60;

    /// <summary>Bytes before the property flags.</summary>
    public const int FixedSize = 12;

    public ushort ClassNumber { get; private init; }

    public ulong BodyBytes { get; private init; }

    /// <summary>Flags and properties as they came: <see cref="BasicProperties"/> reads them.</summary>
    public ReadOnlySpan<byte> Properties { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ContentHeader header)
    {
        var reader = new AmqpReader(payload);
        var classNumber = reader.ReadUInt16();
        var weight = reader.ReadUInt16();
        var bodyBytes = reader.ReadUInt64();
        header = new ContentHeader { ClassNumber = classNumber, BodyBytes = bodyBytes, Properties = reader.Rest };
        return !reader.IsMalformed && weight == 0 && header.Properties.Length >= sizeof(ushort);
    }
}
