namespace RobustMQ.Nats.Protocol;

/// <summary>
/// The headers of one message: <c>NATS/1.0[ status[ description]] CR LF *(name ":" value CR LF) CR LF</c>. Enumerating gives names and values (blanks around values
/// removed) in order, repeats included; malformed lines end it.
/// </summary>
public readonly ref struct NatsHeaderBlock(ReadOnlySpan<byte> block)
{
    public static ReadOnlySpan<byte> Version => "NATS/1.0"u8;

    private readonly ReadOnlySpan<byte> _block = block;

    public Enumerator GetEnumerator() => new(_block);

    /// <summary>
    /// Whether the block is exactly what writing its names and values again gives: no status, one blank behind each colon, none at a value's end, no name that is
    /// reserved for the storage API (<c>rmq-</c>).
    /// </summary>
    public static bool IsCanonical(ReadOnlySpan<byte> block)
    {
        if (!block.StartsWith("NATS/1.0\r\n"u8))
            return false;
        var rest = block[10..];
        while (!rest.SequenceEqual("\r\n"u8))
        {
            var end = rest.IndexOf("\r\n"u8);
            if (end <= 0 || !IsCanonicalLine(rest[..end]))
                return false;
            rest = rest[(end + 2)..];
        }
        return block.Length > 12;
    }

    private static bool IsCanonicalLine(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || colon + 1 >= line.Length || line[colon + 1] != ' ' || line.StartsWith("rmq-"u8))
            return false;
        var value = line[(colon + 2)..];
        return line.IndexOfAny((byte)'\r', (byte)'\n') < 0
            && !IsBlank(line[0]) && !IsBlank(line[colon - 1])
            && (value.IsEmpty || (!IsBlank(value[0]) && !IsBlank(value[^1])));
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    public ref struct Enumerator(ReadOnlySpan<byte> block)
    {
        private ReadOnlySpan<byte> _rest = SkipLine(block);

        public NatsHeader Current { get; private set; }

        public bool MoveNext()
        {
            var end = _rest.IndexOf("\r\n"u8);
            if (end <= 0)
                return false;
            var line = _rest[..end];
            var colon = line.IndexOf((byte)':');
            if (colon <= 0)
                return false;
            _rest = _rest[(end + 2)..];
            Current = new NatsHeader { Name = line[..colon], Value = line[(colon + 1)..].Trim(" \t"u8) };
            return true;
        }

        private static ReadOnlySpan<byte> SkipLine(ReadOnlySpan<byte> block)
        {
            var end = block.IndexOf("\r\n"u8);
            return end < 0 ? default : block[(end + 2)..];
        }
    }
}

/// <summary>One header line.</summary>
public readonly ref struct NatsHeader
{
    public required ReadOnlySpan<byte> Name { get; init; }

    public required ReadOnlySpan<byte> Value { get; init; }
}
