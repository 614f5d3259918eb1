using System.Buffers;
using RobustMQ.GatewayKit.Connections;

namespace RobustMQ.GatewayKit.Tests.Connections;

public sealed class SplitFrameTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(20_000)]
    public void A_frame_is_whole_when_its_last_byte_has_come_and_takes_no_byte_of_the_next(int pieceBytes)
    {
        var frame = Enumerable.Range(0, 10_000).Select(static at => (byte)(at * 31)).ToArray();
        var input = new ReadOnlySequence<byte>([.. frame, 1, 2, 3]);
        using var split = new SplitFrame();
        // The second time in memory that was given back.
        for (var round = 0; round < 2; round++)
        {
            Assert.False(split.IsActive);
            split.Begin(frame.Length);
            var at = 0;
            while (!split.IsWhole)
            {
                Assert.True(split.IsActive);
                at += split.Fill(input.Slice(at, Math.Min(pieceBytes, input.Length - at)));
                Assert.Equal(at, split.Bytes.Length);
            }
            Assert.Equal(frame.Length, at);
            Assert.True(split.Bytes.SequenceEqual(frame));
            Assert.Equal(0, split.Fill(input.Slice(at)));
            split.Clear();
        }
    }

    [Fact]
    public void An_enormous_announced_length_costs_no_memory_until_its_bytes_come()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var split = new SplitFrame();
        split.Begin(int.MaxValue);
        split.Fill(new ReadOnlySequence<byte>(new byte[100]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
        Assert.False(split.IsWhole);
    }
}
