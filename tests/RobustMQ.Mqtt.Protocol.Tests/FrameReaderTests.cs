namespace RobustMQ.Mqtt.Protocol.Tests;

public class FrameReaderTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(16_383, "FF7F")]
    [InlineData(16_384, "808001")]
    [InlineData(2_097_151, "FFFF7F")]
    [InlineData(2_097_152, "80808001")]
    [InlineData(268_435_455, "FFFFFF7F")]
    public void A_variable_integer_has_one_form(int value, string hex)
    {
        var bytes = new byte[VariableInteger.BytesMax];
        var written = VariableInteger.Write(bytes, value);

        Assert.Equal(hex, Convert.ToHexString(bytes, 0, written));
        Assert.Equal(written, VariableInteger.Size(value));
        Assert.Equal(VariableIntegerStatus.Value, VariableInteger.TryRead(bytes.AsSpan(0, written), out var read, out var used));
        Assert.Equal((value, written), (read, used));
        for (var length = 0; length < written; length++)
            Assert.Equal(VariableIntegerStatus.NeedsMore, VariableInteger.TryRead(bytes.AsSpan(0, length), out _, out _));
    }

    [Theory]
    [InlineData("FFFFFFFF")]
    [InlineData("8080808001")]
    [InlineData("8000")]
    [InlineData("FF8000")]
    public void A_variable_integer_that_is_too_long_is_malformed(string hex) =>
        Assert.Equal(VariableIntegerStatus.Malformed, VariableInteger.TryRead(Wire.Hex(hex), out _, out _));

    [Theory]
    [InlineData("00 00")]
    [InlineData("11 00")]
    [InlineData("60 02 0001")]
    [InlineData("80 00")]
    [InlineData("A0 00")]
    [InlineData("C1 00")]
    [InlineData("E1 00")]
    [InlineData("F2 00")]
    [InlineData("30 FFFFFFFF")]
    public void Wrong_types_flags_and_lengths_are_malformed(string hex) => Assert.Equal(FrameStatus.Malformed, FrameReader.TryRead(Wire.Hex(hex), 1000, out _));

    [Fact]
    public void An_enormous_length_is_refused_before_its_bytes_arrive() =>
        Assert.Equal(FrameStatus.TooLarge, FrameReader.TryRead(Wire.Hex("30 FFFFFF7F"), 1 << 20, out _));

    [Fact]
    public void The_limit_counts_whole_packets()
    {
        byte[] packet = [0x30, 4, 0, 1, (byte)'a', (byte)'x'];

        Assert.Equal(FrameStatus.TooLarge, FrameReader.TryRead(packet, packet.Length - 1, out _));
        Assert.Equal(FrameStatus.Packet, FrameReader.TryRead(packet, packet.Length, out _));
    }

    [Fact]
    public void Every_prefix_of_a_packet_asks_for_more()
    {
        byte[] packet = [0x30, 0x84, 0x01, .. new byte[132]];

        for (var length = 0; length < packet.Length; length++)
        {
            var status = FrameReader.TryRead(packet.AsSpan(0, length), 1000, out var frame);
            Assert.Equal(length < 3 ? FrameStatus.NeedsHeader : FrameStatus.NeedsBody, status);
            if (length >= 3)
                Assert.Equal(packet.Length, frame.TotalLength);
        }
    }
}
