using System.Text;
using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

public class Crc32CTests
{
    /// <summary>RFC 3720, appendix B.4.</summary>
    [Fact]
    public void The_examples_of_the_specification_have_their_sums()
    {
        var ascending = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();

        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xff, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(ascending));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute([.. ascending.Reverse()]));
        Assert.Equal(
            0xD9963A56u,
            Crc32C.Compute(Convert.FromHexString("01C000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000")));
    }

    [Fact]
    public void The_check_value_and_the_empty_input_are_right()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    [Fact]
    public void Any_bytes_have_the_sum_that_the_polynomial_gives_bit_by_bit() =>
        Gen.Byte.Array[0, 100].Sample(bytes => Crc32C.Compute(bytes) == BitByBit(bytes));

    /// <summary>Around the length from which several lanes are summed at once, and with bytes left over behind them.</summary>
    [Theory]
    [InlineData(3071)]
    [InlineData(3072)]
    [InlineData(3073)]
    [InlineData(3 * 3072)]
    [InlineData((3 * 3072) + 1029)]
    [InlineData(3199)]
    [InlineData(3200)]
    [InlineData(3455)]
    [InlineData(3456)]
    [InlineData((3 * 3200) + 1029)]
    public void Long_inputs_have_it_too(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        Assert.Equal(BitByBit(bytes), Crc32C.Compute(bytes));
        bytes.AsSpan().Clear();
        Assert.Equal(BitByBit(bytes), Crc32C.Compute(bytes));
    }

    /// <summary>Short ones, whole and broken rounds and blocks of the folded sum, at every place of a cache line: the sum does not depend on how it is come by.</summary>
    [Fact]
    public void Every_length_has_the_same_sum_whatever_instructions_there_are()
    {
        const int LengthMax = (2 * 3200) + 400;
        var bytes = new byte[LengthMax + 64];
        new Random(5).NextBytes(bytes);
        for (var length = 0; length <= LengthMax; length++)
        {
            var part = bytes.AsSpan(length % 64, length);
            Assert.Equal(~Crc32CLanes.Add(uint.MaxValue, part), Crc32C.Compute(part));
        }
    }

    [Fact]
    public void A_changed_bit_changes_the_sum_wherever_it_is()
    {
        var bytes = new byte[3200 + 500];
        var whole = Crc32C.Compute(bytes);
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(whole, Crc32C.Compute(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static uint BitByBit(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }
        return ~crc;
    }
}
