using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Frames;

namespace RobustMQ.Fuzz.Amqp;

/// <summary>Any bytes where an AMQP client's belong: the session ends without a fault, and what it answers are whole frames.</summary>
public sealed class AmqpSessionFuzz : IAsyncLifetime
{
    private FuzzedAmqpGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await FuzzedAmqpGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public void A_session_never_fails_and_answers_in_whole_frames() => Fuzzing.Run("amqp", rounds: 400, (input, mutation) =>
    {
        var output = _gateway.RunAsync(input, mutation.Cuts(input.Length)).GetAwaiter().GetResult();
        var rest = output.AsSpan();
        if (ProtocolHeader.Check(rest) == ProtocolHeaderStatus.Whole)
            rest = rest[ProtocolHeader.Size..];
        while (!rest.IsEmpty)
        {
            Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(rest, 1 << 20, out var frame));
            rest = rest[frame.TotalBytes..];
        }
    });
}
