using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class VarintTests
{
    /// <summary>Values from Protocol Buffers' description of sint32 and sint64, and the ends of each length.</summary>
    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(-2, "03")]
    [InlineData(63, "7E")]
    [InlineData(-64, "7F")]
    [InlineData(64, "8001")]
    [InlineData(-65, "8101")]
    [InlineData(8191, "FE7F")]
    [InlineData(-8192, "FF7F")]
    [InlineData(8192, "808001")]
    [InlineData(1048575, "FEFF7F")]
    [InlineData(1048576, "80808001")]
    [InlineData(int.MaxValue, "FEFFFFFF0F")]
    [InlineData(int.MinValue, "FFFFFFFF0F")]
    [InlineData((long)int.MaxValue + 1, "8080808010")]
    [InlineData(long.MaxValue, "FEFFFFFFFFFFFFFFFF01")]
    [InlineData(long.MinValue, "FFFFFFFFFFFFFFFFFF01")]
    public void A_value_has_these_bytes(long value, string hex)
    {
        Span<byte> bytes = stackalloc byte[Varint.Int64BytesMax];
        var written = Varint.Write(bytes, value);

        Assert.Equal(hex, Convert.ToHexString(bytes[..written]));
        Assert.Equal(written, Varint.Size(value));
        AssertReads(bytes[..written], value);
    }

    [Fact]
    public void Every_value_reads_back_from_as_many_bytes_as_its_size_says() =>
        Gen.Select(Gen.Long, Gen.Int[0, 63]).Sample((wide, shift) =>
        {
            var value = wide >> shift;
            var bytes = new byte[Varint.Int64BytesMax];
            var written = Varint.Write(bytes, value);
            Assert.Equal(Varint.Size(value), written);
            AssertReads(bytes.AsSpan(0, written), value);
        });

    [Fact]
    public void A_prefix_is_refused_and_the_position_stays()
    {
        Span<byte> bytes = stackalloc byte[Varint.Int64BytesMax];
        Varint.Write(bytes, long.MinValue);
        for (var length = 0; length < bytes.Length; length++)
        {
            var position = 0;
            Assert.False(Varint.TryRead(bytes[..length], ref position, out long _));
            Assert.False(Varint.TryRead(bytes[..length], ref position, out int _));
            Assert.Equal(0, position);
        }
    }

    [Theory]
    [InlineData("8080808010")]
    [InlineData("8180808010")]
    [InlineData("808080808000")]
    [InlineData("FFFFFFFFFFFFFFFFFF01")]
    public void What_is_no_32_bits_or_takes_more_than_five_bytes_is_no_int(string hex)
    {
        var position = 0;
        Assert.False(Varint.TryRead(Convert.FromHexString(hex), ref position, out int _));
        Assert.Equal(0, position);
        Assert.True(Varint.TryRead(Convert.FromHexString(hex), ref position, out long _));
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFFF02")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("8080808080808080808000")]
    public void More_than_64_bits_are_refused(string hex)
    {
        var position = 0;
        Assert.False(Varint.TryRead(Convert.FromHexString(hex), ref position, out long _));
        Assert.Equal(0, position);
    }

    [Fact]
    public void A_position_at_or_behind_the_end_reads_nothing()
    {
        var position = 3;
        Assert.False(Varint.TryRead([1, 2], ref position, out long _));
        Assert.Equal(3, position);
    }

    private static void AssertReads(ReadOnlySpan<byte> bytes, long value)
    {
        var position = 0;
        Assert.True(Varint.TryRead(bytes, ref position, out long wide));
        Assert.Equal(value, wide);
        Assert.Equal(bytes.Length, position);

        position = 0;
        Assert.Equal(value is >= int.MinValue and <= int.MaxValue, Varint.TryRead(bytes, ref position, out int narrow));
        Assert.Equal(position == 0 ? 0 : value, narrow);
    }
}
