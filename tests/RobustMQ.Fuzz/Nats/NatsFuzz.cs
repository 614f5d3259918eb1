using RobustMQ.Nats.Protocol;

namespace RobustMQ.Fuzz.Nats;

/// <summary>Any bytes where a NATS client's commands belong.</summary>
public class NatsFuzz
{
    private static readonly NatsParserLimits Limits = new(64, 1000);

    [Fact]
    public void A_session_never_fails_and_answers_the_same_however_its_input_is_cut() => Fuzzing.Run("nats", rounds: 2000, static (input, mutation) =>
    {
        var whole = FuzzedSession.RunAsync(input, []).GetAwaiter().GetResult();
        var pieces = FuzzedSession.RunAsync(input, mutation.Cuts(input.Length)).GetAwaiter().GetResult();
        if (HasNoChoice(input))
            Assert.Equal(whole, pieces);
    });

    [Fact]
    public void A_session_that_gets_one_byte_at_a_time_answers_the_same() => Fuzzing.Run("nats", rounds: 400, static (input, _) =>
    {
        var whole = FuzzedSession.RunAsync(input, []).GetAwaiter().GetResult();
        var bytes = FuzzedSession.RunAsync(input, [.. Enumerable.Range(1, input.Length)]).GetAwaiter().GetResult();
        if (HasNoChoice(input))
            Assert.Equal(whole, bytes);
    });

    [Fact]
    public void Any_bytes_are_a_command_or_a_status() => Fuzzing.Run("nats", rounds: 50_000, static (input, _) =>
    {
        for (var rest = input.AsSpan(); !rest.IsEmpty;)
        {
            var status = NatsParser.TryParse(rest, Limits, out var command);
            if (status is ParseStatus.Command or ParseStatus.NeedsPayload)
                Assert.InRange(command.TotalLength, 1, Limits.ControlLineBytesMax + NatsParser.VerbBytesMax + Limits.PayloadBytesMax + 4);
            if (status != ParseStatus.Command)
                return;
            if (command.Kind == NatsCommandKind.Connect && ConnectOptions.TryParse(command.Json, out var options))
                Assert.InRange(options.Name?.Length ?? 0, 0, command.Json.Length);
            ReadHeaders(rest, command);
            rest = rest[command.TotalLength..];
        }
    });

    private static void ReadHeaders(ReadOnlySpan<byte> input, in NatsCommand command)
    {
        var block = input.Slice(command.BodyStart, command.HeaderLength);
        var bytes = 0;
        foreach (var header in new NatsHeaderBlock(block))
            bytes += header.Name.Length + header.Value.Length;
        Assert.True(bytes <= block.Length);
        Assert.False(NatsHeaderBlock.IsCanonical(block) && bytes == 0);
    }

    /// <summary>A queue group picks its members at random, so its sessions cannot be compared.</summary>
    private static bool HasNoChoice(ReadOnlySpan<byte> input)
    {
        while (NatsParser.TryParse(input, Limits, out var command) == ParseStatus.Command)
        {
            if (!command.Queue.IsEmpty)
                return false;
            input = input[command.TotalLength..];
        }
        return true;
    }
}
