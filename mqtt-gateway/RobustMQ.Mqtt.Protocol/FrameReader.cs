namespace RobustMQ.Mqtt.Protocol;

/// <summary>
/// Finds the packet at the front of the input. Reads nothing but the fixed header: <c>type:4 flags:4 | remaining length, 1-4 bytes</c> (5.0 section 2.1).
/// A short input consumes nothing; a length is refused before anybody waits for its bytes.
/// </summary>
public static class FrameReader
{
    /// <summary>First byte and the longest length.</summary>
    public const int HeaderBytesMax = 1 + VariableInteger.BytesMax;

    /// <param name="packetBytesMax">Whole packets, fixed header included.</param>
    public static FrameStatus TryRead(ReadOnlySpan<byte> input, int packetBytesMax, out Frame frame)
    {
        frame = default;
        if (input.IsEmpty)
            return FrameStatus.NeedsHeader;
        var type = (PacketType)(input[0] >> 4);
        var flags = (byte)(input[0] & 0x0F);
        // Every type but PUBLISH has flags of its own that never change; other values are malformed (5.0 section 2.1.3).
        if (type == PacketType.Reserved || (type != PacketType.Publish && flags != RequiredFlags(type)))
            return FrameStatus.Malformed;
        switch (VariableInteger.TryRead(input[1..], out var length, out var lengthBytes))
        {
            case VariableIntegerStatus.NeedsMore:
                return FrameStatus.NeedsHeader;
            case VariableIntegerStatus.Malformed:
                return FrameStatus.Malformed;
        }
        frame = new Frame(type, flags, 1 + lengthBytes, length);
        if (frame.TotalLength > packetBytesMax)
            return FrameStatus.TooLarge;
        return input.Length >= frame.TotalLength ? FrameStatus.Packet : FrameStatus.NeedsBody;
    }

    private static byte RequiredFlags(PacketType type) => type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe ? (byte)2 : (byte)0;
}
