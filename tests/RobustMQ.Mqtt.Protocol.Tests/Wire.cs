using System.Buffers;
using System.Text;

namespace RobustMQ.Mqtt.Protocol.Tests;

/// <summary>Bytes of packets, written as people read them.</summary>
internal static class Wire
{
    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", string.Empty, StringComparison.Ordinal));

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    public static string Written(Action<ArrayBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Convert.ToHexString(buffer.WrittenSpan);
    }

    /// <summary>The body of the one packet that the bytes are.</summary>
    public static ReadOnlySpan<byte> Body(byte[] packet, out Frame frame)
    {
        Assert.Equal(FrameStatus.Packet, FrameReader.TryRead(packet, int.MaxValue, out frame));
        Assert.Equal(packet.Length, frame.TotalLength);
        return packet.AsSpan(frame.HeaderLength);
    }
}
