using RobustMQ.Kafka.Gateway.Connections;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Memory that requests reserve before a byte of them is taken.</summary>
public class RequestMemoryTests
{
    private readonly RequestMemory _memory = new(100);

    [Fact]
    public async Task Whoever_finds_it_taken_waits_in_line()
    {
        await _memory.ReserveAsync(70, default);
        var large = _memory.ReserveAsync(50, default).AsTask();
        var small = _memory.ReserveAsync(10, default).AsTask();
        // It would fit, and comes after the one before it all the same.
        Assert.False(large.IsCompleted || small.IsCompleted);
        _memory.Release(70);
        await Task.WhenAll(large, small);
        Assert.Equal(60, _memory.UsedBytes);
    }

    [Fact]
    public async Task What_is_larger_than_all_of_it_gets_in_alone()
    {
        await _memory.ReserveAsync(1, default);
        var huge = _memory.ReserveAsync(1_000, default).AsTask();
        Assert.False(huge.IsCompleted);
        _memory.Release(1);
        await huge;
        var next = _memory.ReserveAsync(1, default).AsTask();
        Assert.False(next.IsCompleted);
        _memory.Release(1_000);
        await next;
    }

    [Fact]
    public async Task Whoever_gives_up_makes_room_for_the_next()
    {
        await _memory.ReserveAsync(70, default);
        using var gone = new CancellationTokenSource();
        var waiting = _memory.ReserveAsync(50, gone.Token).AsTask();
        var behind = _memory.ReserveAsync(30, default).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await behind;
        Assert.Equal(100, _memory.UsedBytes);
    }
}
