namespace RobustMQ.Amqp.Protocol;

/// <summary>What a client says first: <c>'AMQP' | 0 | 0 | 9 | 1</c>. A server answers anything else with the header that it would have liked, and closes.</summary>
public static class ProtocolHeader
{
    public const int Size = 8;

    public static ReadOnlySpan<byte> Bytes => "AMQP\u0000\u0000\u0009\u0001"u8;

    /// <summary>Whether input may still become the header, or is it. A wrong byte is told as soon as it is there.</summary>
    public static ProtocolHeaderStatus Check(ReadOnlySpan<byte> input)
    {
        var length = Math.Min(input.Length, Size);
        if (!input[..length].SequenceEqual(Bytes[..length]))
            return ProtocolHeaderStatus.Other;
        return length == Size ? ProtocolHeaderStatus.Whole : ProtocolHeaderStatus.Short;
    }
}

/// <summary>Outcome of <see cref="ProtocolHeader.Check"/>.</summary>
public enum ProtocolHeaderStatus
{
    Short = 0,
    Whole = 1,
    Other = 2,
}
