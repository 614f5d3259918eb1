namespace RobustMQ.Nats.Protocol.Tests;

/// <summary>Every command, as NATS's protocol document shows it and with the liberties that nats-server takes.</summary>
public class CommandTests
{
    public static TheoryData<string, string> Commands => new()
    {
        { "PING\r\n", "Ping" },
        { "ping\r\n", "Ping" },
        { "PiNg anything at all\r\n", "Ping" },
        { "PING\n", "Ping" },
        { "PINGPONG\r\n", "Ping" },
        { "PONG\r\n", "Pong" },
        { "pong \t x\r\n", "Pong" },
        { "+OK\r\n", "Ignored" },
        { "+ok then\r\n", "Ignored" },
        { "INFO {}\r\n", "Ignored" },
        { "INFO{}\r\n", "Ignored" },
        { "-ERR 'Slow Consumer'\r\n", "Error" },
        { "-err\tx\r\n", "Error" },
        { "CONNECT {\"verbose\":false}\r\n", "Connect json={\"verbose\":false}" },
        { "connect\t {} \r\n", "Connect json={} " },
        { "CONNECT{}\r\n", "Connect json={}" },
        { "CONNECT\r\n", "Connect" },
        { "PUB FOO 11\r\nHello NATS!\r\n", "Pub subject=FOO payload=Hello NATS!" },
        { "PUB FRONT.DOOR JOKE.22 11\r\nKnock Knock\r\n", "Pub subject=FRONT.DOOR reply=JOKE.22 payload=Knock Knock" },
        { "PUB NOTIFY 0\r\n\r\n", "Pub subject=NOTIFY payload=" },
        { "pub\ta\t\tb  3 \nabc\r\n", "Pub subject=a reply=b payload=abc" },
        { "PUB a 4\r\n\r\n\r\n\r\n", "Pub subject=a payload=\r\n\r\n" },
        { "PUB a 00000001\r\nx\r\n", "Pub subject=a payload=x" },
        { "PUB \xff\xfe 1\r\nx\r\n", "Pub subject=\xff\xfe payload=x" },
        { "PUB a\0b 1\r\n\0\r\n", "Pub subject=a\0b payload=\0" },
        { "HPUB FOO 22 33\r\nNATS/1.0\r\nBar: Baz\r\n\r\nHello NATS!\r\n", "HPub subject=FOO headers=NATS/1.0\r\nBar: Baz\r\n\r\n payload=Hello NATS!" },
        { "HPUB FRONT.DOOR JOKE.22 12 12\r\nNATS/1.0\r\n\r\n\r\n", "HPub subject=FRONT.DOOR reply=JOKE.22 headers=NATS/1.0\r\n\r\n payload=" },
        { "hPuB a 0 1\nx\r\n", "HPub subject=a payload=x" },
        { "SUB FOO 1\r\n", "Sub subject=FOO sid=1" },
        { "SUB BAR G1 44\r\n", "Sub subject=BAR queue=G1 sid=44" },
        { "sub\tfoo.>\tqueue \t sid-text\t\n", "Sub subject=foo.> queue=queue sid=sid-text" },
        { "UNSUB 1\r\n", "Unsub sid=1 max=0" },
        { "UNSUB 1 5\r\n", "Unsub sid=1 max=5" },
        { "unsub 1 999999999\r\n", "Unsub sid=1 max=999999999" },
        { "UNSUB 1 nonsense\r\n", "Unsub sid=1 max=0" },
        { "UNSUB 1 1234567890\r\n", "Unsub sid=1 max=0" },
        { "UNSUB 1 -5\r\n", "Unsub sid=1 max=0" },
    };

    public static TheoryData<string> Unknown => new(
        "GET / HTTP/1.1\r\n", "\r\n", "\n", " PING\r\n", "MSG a 1 0\r\n\r\n", "PUBB a 0\r\n\r\n", "\x16\x03\x01\x02", "\xff", "-OK\r\n", "+ERR\r\n", "*1\r\n",
        "HMSG a 1 0 0\r\n", "SUBS a 1\r\n", "UNSUBSCRIBE 1\r\n", "PU\0 a 0\r\n", "PUB\0a 0\r\n", "SUB\0a 1\r\n", "-ERR\r\n", "PIN\r\n", "CONNEC {}\r\n", "PUB\r\n", "HPUB\n", "A+ a\r\n", "\x10ING\r\n");

    public static TheoryData<string> WrongArguments => new(
        "PUB \r\n", "PUB a\r\n", "PUB a b c 1\r\n", "PUB a x\r\n", "PUB a -1\r\n", "PUB a +1\r\n", "PUB a 1x\r\n", "PUB a 1.5\r\n", "PUB a 0x1\r\n", "PUB a 1234567890\r\n",
        "PUB a 18446744073709551617\r\n", "PUB a b \xb2\r\n", "HPUB a 1\r\n", "HPUB a b c 1 2\r\n", "HPUB a x 1\r\n", "HPUB a 1 x\r\n", "HPUB a 2 1\r\n", "HPUB a -1 1\r\n",
        "HPUB a 1000000000 1\r\n", "SUB \r\n", "SUB a\r\n", "SUB a b c 1\r\n", "UNSUB \r\n", "UNSUB 1 2 3\r\n");

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_is_read_with_its_arguments(string input, string expected) =>
        Assert.Equal([expected, "end"], Conversation.Read(Conversation.Bytes(input), new NatsParserLimits()));

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_prefix_of_a_command_asks_for_more_and_consumes_nothing(string input, string expected)
    {
        var bytes = Conversation.Bytes(input);
        var line = input.IndexOf('\n') + 1;
        for (var length = 0; length < bytes.Length; length++)
        {
            var status = NatsParser.TryParse(bytes.AsSpan(0, length), new NatsParserLimits(), out var command);

            Assert.True(status == (length < line ? ParseStatus.NeedsLine : ParseStatus.NeedsPayload), $"{expected}: {length} bytes gave {status}");
            if (status == ParseStatus.NeedsPayload)
                Assert.Equal(bytes.Length, command.TotalLength);
        }
    }

    [Theory]
    [MemberData(nameof(Unknown))]
    public void What_begins_no_command_is_an_unknown_operation_as_soon_as_that_is_certain(string input)
    {
        var bytes = Conversation.Bytes(input);
        Assert.Equal(ParseStatus.UnknownOperation, NatsParser.TryParse(bytes, new NatsParserLimits(), out _));
        for (var length = 1; length <= bytes.Length; length++)
            Assert.Contains(NatsParser.TryParse(bytes.AsSpan(0, length), new NatsParserLimits(), out _), new[] { ParseStatus.NeedsLine, ParseStatus.UnknownOperation });
    }

    [Theory]
    [MemberData(nameof(WrongArguments))]
    public void Wrong_arguments_are_told_by_the_line_alone(string input)
    {
        Assert.Equal(ParseStatus.BadArguments, Conversation.Status(input));
        Assert.Equal(ParseStatus.NeedsLine, Conversation.Status(input[..^1]));
    }

    [Theory]
    [InlineData("PUB a 1\r\nxy\r\n")]
    [InlineData("PUB a 1\r\nx\n")]
    [InlineData("PUB a 1\r\nx\rx")]
    [InlineData("PUB a 0\r\nx")]
    [InlineData("HPUB a 0 2\r\nab\n")]
    public void A_payload_ends_in_CR_LF_and_in_nothing_else(string input) => Assert.Equal(ParseStatus.BadPayloadEnd, Conversation.Status(input));

    [Fact]
    public void Thousands_of_arguments_are_wrong_and_no_more()
    {
        var many = string.Join(' ', Enumerable.Repeat("a", 2048));

        Assert.Equal(ParseStatus.BadArguments, Conversation.Status($"PUB {many}\r\n"));
        Assert.Equal(ParseStatus.BadArguments, Conversation.Status($"HPUB {many}\r\n"));
        Assert.Equal(ParseStatus.BadArguments, Conversation.Status($"SUB {many}\r\n"));
        Assert.Equal(ParseStatus.BadArguments, Conversation.Status($"UNSUB {many}\r\n"));
    }

    [Theory]
    [InlineData("", -1)]
    [InlineData("0", 0)]
    [InlineData("000000000", 0)]
    [InlineData("999999999", 999_999_999)]
    [InlineData("1000000000", -1)]
    [InlineData("/", -1)]
    [InlineData(":", -1)]
    [InlineData("1 ", -1)]
    public void A_size_has_one_to_nine_digits(string digits, int expected) => Assert.Equal(expected, NatsParser.ParseSize(Conversation.Bytes(digits)));
}
