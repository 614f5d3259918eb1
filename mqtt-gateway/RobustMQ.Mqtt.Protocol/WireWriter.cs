using System.Buffers;
using System.Buffers.Binary;

namespace RobustMQ.Mqtt.Protocol;

/// <summary>The pieces that packets are written of.</summary>
internal static class WireWriter
{
    /// <summary>Two bytes of length, then the bytes.</summary>
    /// <returns>Bytes written.</returns>
    public static int WriteBinary(Span<byte> target, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, checked((ushort)value.Length));
        value.CopyTo(target[2..]);
        return 2 + value.Length;
    }

    /// <summary>A property block with its length.</summary>
    public static int WriteBlock(Span<byte> target, ReadOnlySpan<byte> properties)
    {
        var at = VariableInteger.Write(target, properties.Length);
        properties.CopyTo(target[at..]);
        return at + properties.Length;
    }

    public static int BlockSize(int propertyBytes) => VariableInteger.Size(propertyBytes) + propertyBytes;

    /// <summary>Writes the fixed header; the caller fills so many bytes behind it and advances by both.</summary>
    /// <param name="at">First byte of the body.</param>
    public static Span<byte> Begin(IBufferWriter<byte> target, PacketType type, byte flags, int bodyLength, out int at)
    {
        ArgumentNullException.ThrowIfNull(target);
        var span = target.GetSpan(FrameReader.HeaderBytesMax + bodyLength);
        span[0] = (byte)(((int)type << 4) | flags);
        at = 1 + VariableInteger.Write(span[1..], bodyLength);
        return span;
    }
}
