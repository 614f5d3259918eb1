using System.Buffers.Binary;
using System.IO.Pipelines;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>How long a client may take to send a request that it has announced.</summary>
public sealed class FrameReceiverTests : IDisposable
{
    private const int Length = 512 << 10;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly RequestMemory _memory = new(1 << 20);
    private readonly ManualTime _time = new();
    private readonly FrameReceiver _receiver;

    public FrameReceiverTests() => _receiver = new FrameReceiver(_pipe.Reader, _memory, _time, CancellationToken.None);

    public void Dispose() => _receiver.Dispose();

    [Fact]
    public async Task One_that_comes_slowly_and_steadily_is_taken()
    {
        var receiving = await AnnounceAsync();
        for (var sent = 0; sent < Length; sent += 128 << 10)
        {
            _time.Advance(TimeSpan.FromSeconds(29));
            Assert.False(receiving.IsCompleted);
            await SendAsync(128 << 10);
            await Eventually.TrueAsync(() => receiving.IsCompleted || !_time.HasTimerWithin(TimeSpan.FromSeconds(2)), "it has time again");
        }
        using var frame = await receiving;
        Assert.Equal(Length, frame!.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10 << 10)]
    public async Task One_that_does_not_come_or_only_trickles_is_given_up_and_holds_no_memory(int bytesInTenSeconds)
    {
        var receiving = await AnnounceAsync();
        Assert.Equal(Length, _memory.UsedBytes);
        for (var seconds = 0; seconds < 30; seconds += 10)
        {
            Assert.False(receiving.IsCompleted);
            await SendAsync(bytesInTenSeconds);
            _time.Advance(TimeSpan.FromSeconds(10));
        }
        Assert.Null(await receiving);
        Assert.Equal(0, _memory.UsedBytes);
    }

    private async Task<Task<RequestFrame?>> AnnounceAsync()
    {
        var receiving = _receiver.ReceiveAsync(Length, TimeSpan.FromMinutes(10)).AsTask();
        var prefix = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(prefix, Length);
        await _pipe.Writer.WriteAsync(prefix);
        await Eventually.TrueAsync(() => _time.HasTimerWithin(TimeSpan.FromSeconds(30)), "the rest of it is waited for");
        return receiving;
    }

    private async Task SendAsync(int bytes) => await _pipe.Writer.WriteAsync(new byte[bytes]);
}
