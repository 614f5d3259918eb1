namespace RobustMQ.Mqtt.Protocol;

/// <summary>A Variable Byte Integer: seven bits a byte, least first, the top bit says that more follow; 1-4 bytes, the fewest that hold the value (5.0 section 1.5.5).</summary>
public static class VariableInteger
{
    public const int BytesMax = 4;

    public const int ValueMax = 268_435_455;

    public static VariableIntegerStatus TryRead(ReadOnlySpan<byte> input, out int value, out int bytes)
    {
        value = 0;
        bytes = 0;
        while (true)
        {
            if (bytes == input.Length)
                return VariableIntegerStatus.NeedsMore;
            var next = input[bytes];
            value |= (next & 0x7F) << (7 * bytes);
            bytes++;
            if ((next & 0x80) == 0)
                return bytes > 1 && next == 0 ? VariableIntegerStatus.Malformed : VariableIntegerStatus.Value;
            if (bytes == BytesMax)
                return VariableIntegerStatus.Malformed;
        }
    }

    public static int Size(int value) => value switch
    {
        < 1 << 7 => 1,
        < 1 << 14 => 2,
        < 1 << 21 => 3,
        _ => 4,
    };

    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> target, int value)
    {
        var at = 0;
        while (value >= 0x80)
        {
            target[at++] = (byte)(value | 0x80);
            value >>= 7;
        }
        target[at++] = (byte)value;
        return at;
    }
}

/// <summary>Outcome of reading a <see cref="VariableInteger"/>.</summary>
public enum VariableIntegerStatus
{
    Value = 0,
    NeedsMore = 1,

    /// <summary>More than four bytes, or more bytes than the value needs.</summary>
    Malformed = 2,
}
