namespace RobustMQ.Nats.Protocol.Tests;

public class LimitTests
{
    private static readonly NatsParserLimits Small = new(ControlLineBytesMax: 20, PayloadBytesMax: 10);

    public static TheoryData<string> Verbs => new("PING", "PONG", "+OK", "INFO ", "-ERR ", "CONNECT ", "PUB ", "HPUB ", "SUB ", "UNSUB ");

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Arguments_may_be_as_long_as_the_limit_and_not_a_byte_longer(string verb)
    {
        foreach (var lineEnd in (string[])["\r\n", "\n"])
        {
            Assert.NotEqual(ParseStatus.LineTooLong, Conversation.Status(verb + new string('a', 20) + lineEnd, Small));
            Assert.Equal(ParseStatus.LineTooLong, Conversation.Status(verb + new string('a', 21) + lineEnd, Small));
        }
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_line_without_an_end_is_refused_before_it_costs_more_memory(string verb)
    {
        Assert.Equal(ParseStatus.NeedsLine, Conversation.Status(verb + new string('a', 20) + "\r", Small));
        Assert.Equal(ParseStatus.LineTooLong, Conversation.Status(verb + new string('a', 22), Small));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void No_whole_or_unfinished_line_is_longer_than_verb_and_arguments_may_be(string verb)
    {
        var longest = Small.ControlLineBytesMax + NatsParser.VerbBytesMax;
        for (var blanks = 0; blanks < 40; blanks++)
        {
            for (var letters = 0; letters < 40; letters++)
            {
                var line = verb + new string(' ', blanks) + new string('a', letters);

                Assert.True(line.Length <= longest || Conversation.Status(line + "\r\n", Small) == ParseStatus.LineTooLong, $"'{line}' CR LF");
                Assert.True(line.Length <= longest + 1 || Conversation.Status(line, Small) == ParseStatus.LineTooLong, $"'{line}'");
            }
        }
    }

    [Fact]
    public void Blanks_behind_a_verb_give_the_same_answer_however_they_arrive()
    {
        for (var blanks = 0; blanks < 60; blanks++)
        {
            var input = Conversation.Bytes("PUB " + new string(' ', blanks) + "a 1\r\nx\r\n");
            var whole = Conversation.Read(input, Small);
            for (var cut = 1; cut < input.Length; cut++)
                Assert.Equal(whole, Conversation.Read(input, Small, cut));
        }
    }

    [Fact]
    public void A_payload_may_be_as_large_as_the_limit_and_not_a_byte_larger()
    {
        Assert.Equal(ParseStatus.NeedsPayload, Conversation.Status("PUB a 10\r\n", Small));
        Assert.Equal(ParseStatus.PayloadTooLarge, Conversation.Status("PUB a 11\r\n", Small));
        Assert.Equal(ParseStatus.NeedsPayload, Conversation.Status("HPUB a 10 10\r\n", Small));
        Assert.Equal(ParseStatus.PayloadTooLarge, Conversation.Status("HPUB a 0 11\r\n", Small));
    }

    [Fact]
    public void The_largest_numbers_neither_overflow_nor_reserve_anything()
    {
        var unlimited = new NatsParserLimits(int.MaxValue, int.MaxValue);

        var status = NatsParser.TryParse("HPUB a 999999999 999999999\r\n"u8, unlimited, out var command);

        Assert.Equal(ParseStatus.NeedsPayload, status);
        Assert.Equal(28 + 999_999_999 + 2, command.TotalLength);
        Assert.Equal(ParseStatus.NeedsLine, Conversation.Status("PUB ", unlimited));
        Assert.Equal(ParseStatus.NeedsLine, Conversation.Status("PUB a", unlimited));
        Assert.Equal(ParseStatus.BadArguments, Conversation.Status("PUB a 2147483648\r\n", unlimited));
        Assert.Equal(ParseStatus.BadArguments, Conversation.Status("PUB a 4294967296\r\n", unlimited));
    }

    [Fact]
    public void Nothing_but_an_empty_payload_fits_a_limit_of_none()
    {
        var none = new NatsParserLimits(PayloadBytesMax: 0);

        Assert.Equal(ParseStatus.Command, Conversation.Status("PUB a 0\r\n\r\n", none));
        Assert.Equal(ParseStatus.PayloadTooLarge, Conversation.Status("PUB a 1\r\nx\r\n", none));
    }

    [Fact]
    public void The_limits_are_those_of_nats_server()
    {
        var limits = new NatsParserLimits();

        Assert.Equal(4096, limits.ControlLineBytesMax);
        Assert.Equal(1_048_576, limits.PayloadBytesMax);
    }
}
