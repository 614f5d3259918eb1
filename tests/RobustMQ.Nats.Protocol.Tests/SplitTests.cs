using CsCheck;

namespace RobustMQ.Nats.Protocol.Tests;

/// <summary>A client's input may arrive in any pieces: they make no difference.</summary>
public class SplitTests
{
    private static readonly NatsParserLimits Limits = new();

    private static readonly Gen<string> AnyCommand = Gen.Int[0, CommandTests.Commands.Count - 1].Select(index => (string)CommandTests.Commands.ElementAt(index)[0]);

    [Theory]
    [MemberData(nameof(CommandTests.Commands), MemberType = typeof(CommandTests))]
    public void Two_cuts_anywhere_change_nothing(string input, string expected)
    {
        var bytes = Conversation.Bytes(input + input);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
                Assert.Equal([expected, expected, "end"], Conversation.Read(bytes, Limits, first, second));
        }
    }

    [Theory]
    [MemberData(nameof(CommandTests.Unknown), MemberType = typeof(CommandTests))]
    [MemberData(nameof(CommandTests.WrongArguments), MemberType = typeof(CommandTests))]
    public void Bad_input_is_refused_alike_wherever_it_is_cut(string input)
    {
        var bytes = Conversation.Bytes("PING\r\n" + input);
        var whole = Conversation.Read(bytes, Limits);
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(whole, Conversation.Read(bytes, Limits, cut));
    }

    [Fact]
    public void A_conversation_that_arrives_byte_by_byte_reads_the_same() =>
        AnyCommand.List[1, 8].Sample(commands =>
        {
            var bytes = Conversation.Bytes(string.Concat(commands));
            return Conversation.Read(bytes, Limits).SequenceEqual(Conversation.Read(bytes, Limits, [.. Enumerable.Range(1, bytes.Length - 1)]));
        });

    [Fact]
    public void Mutated_conversations_read_the_same_whole_and_in_pieces() =>
        Gen.Select(AnyCommand.List[1, 6], Gen.Select(Gen.Int[0, 1000], Gen.Byte).List[0, 4], Gen.Int[0, 1000].List[0, 6]).Sample((commands, changes, cuts) =>
        {
            var bytes = Conversation.Bytes(string.Concat(commands));
            foreach (var (at, value) in changes)
                bytes[at % bytes.Length] = value;
            return Conversation.Read(bytes, Limits).SequenceEqual(Conversation.Read(bytes, Limits, [.. cuts.Select(cut => cut % bytes.Length).Order()]));
        });
}
