using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Amqp.Protocol.Frames;

/// <summary>
/// One frame: <c>type u8 | channel u16 | size u32 | payload | end u8 (0xCE)</c>. Reading is pure: no state between calls, nothing allocated, a short input consumes nothing.
/// </summary>
public readonly ref struct AmqpFrame
{
    public const byte End = 0xCE;

    public const int HeaderSize = 7;

    /// <summary>Bytes of a frame beside its payload; a negotiated frame maximum counts them.</summary>
    public const int Overhead = HeaderSize + 1;

    /// <summary>What every peer can take: the maximum before one is agreed on.</summary>
    public const int SizeMin = 4096;

    private AmqpFrame(FrameType type, ushort channel, ReadOnlySpan<byte> payload)
    {
        Type = type;
        Channel = channel;
        Payload = payload;
    }

    public FrameType Type { get; }

    public ushort Channel { get; }

    /// <summary>A slice of the input.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    public int TotalBytes => Payload.Length + Overhead;

    /// <param name="sizeMax">Of the whole frame, as negotiated.</param>
    public static FrameStatus TryRead(ReadOnlySpan<byte> input, int sizeMax, out AmqpFrame frame)
    {
        frame = default;
        if (input.IsEmpty)
            return FrameStatus.NeedsMore;
        var type = (FrameType)input[0];
        if (type is not (FrameType.Method or FrameType.Header or FrameType.Body or FrameType.Heartbeat))
            return FrameStatus.UnknownType;
        if (input.Length < HeaderSize)
            return FrameStatus.NeedsMore;
        var size = ReadUInt32BigEndian(input[3..]);
        if (size > (uint)(sizeMax - Overhead))
            return FrameStatus.TooLarge;
        var end = HeaderSize + (int)size;
        if (input.Length <= end)
            return FrameStatus.NeedsMore;
        if (input[end] != End)
            return FrameStatus.BadEnd;
        frame = new AmqpFrame(type, ReadUInt16BigEndian(input[1..]), input[HeaderSize..end]);
        return FrameStatus.Frame;
    }

    /// <summary>Bytes of the whole frame that input begins with; 0 where its header is not whole.</summary>
    public static long AnnouncedBytes(ReadOnlySpan<byte> input) => input.Length < HeaderSize ? 0 : ReadUInt32BigEndian(input[3..]) + (long)Overhead;
}
