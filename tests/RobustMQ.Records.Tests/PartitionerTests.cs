using System.Text;
using CsCheck;

namespace RobustMQ.Records.Tests;

public class PartitionerTests
{
    /// <summary>The values that Kafka's own clients are tested with.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    [InlineData("", 275646681)]
    [InlineData("1", -1993445489)]
    [InlineData("12", 126087238)]
    [InlineData("123", -267702483)]
    [InlineData("1234", -1614185708)]
    [InlineData("12345", -1188365604)]
    public void A_key_has_the_hash_that_Kafka_gives_it(string key, int expected)
    {
        var bytes = Encoding.UTF8.GetBytes(key);

        Assert.Equal(expected, (int)Partitioner.Murmur2(bytes));
        Assert.Equal((expected & int.MaxValue) % 7, Partitioner.PartitionOf(bytes, 7));
    }

    [Fact]
    public void A_partition_is_always_one_of_the_topic() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[1, int.MaxValue]).Sample((key, partitions) =>
        {
            var partition = Partitioner.PartitionOf(key, partitions);
            return partition >= 0 && partition < partitions;
        });

    [Fact]
    public void Keys_spread_over_all_partitions()
    {
        var counts = new int[12];
        for (var i = 0; i < 12_000; i++)
            counts[Partitioner.PartitionOf(Encoding.ASCII.GetBytes($"orders.{i}"), counts.Length)]++;

        Assert.All(counts, count => Assert.InRange(count, 800, 1200));
    }
}
