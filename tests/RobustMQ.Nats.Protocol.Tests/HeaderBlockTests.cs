using System.Text;
using CsCheck;

namespace RobustMQ.Nats.Protocol.Tests;

public class HeaderBlockTests
{
    [Theory]
    [InlineData("NATS/1.0\r\nBar: Baz\r\n\r\n", "Bar=Baz")]
    [InlineData("NATS/1.0\r\nA:1\r\nA: 2\r\na:\t 3 \t\r\n\r\n", "A=1|A=2|a=3")]
    [InlineData("NATS/1.0 503\r\n\r\n", "")]
    [InlineData("NATS/1.0 100 Idle Heartbeat\r\nLast: 1\r\n\r\n", "Last=1")]
    [InlineData("NATS/1.0\r\nempty:\r\nblank: \r\n\r\n", "empty=|blank=")]
    [InlineData("NATS/1.0\r\nurl: http://a:1/b\r\n\r\n", "url=http://a:1/b")]
    [InlineData("NATS/1.0\r\nno colon\r\nA: 1\r\n\r\n", "")]
    [InlineData("NATS/1.0\r\nA: 1\r\n: no name\r\nB: 2\r\n\r\n", "A=1")]
    [InlineData("NATS/1.0\r\nA: 1", "")]
    [InlineData("NATS/1.0", "")]
    [InlineData("", "")]
    public void Names_and_values_come_in_order_until_a_line_is_wrong(string block, string expected) => Assert.Equal(expected, Read(block));

    [Theory]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\n", true)]
    [InlineData("NATS/1.0\r\nA: \r\nA: 1 2\r\n\r\n", true)]
    [InlineData("NATS/1.0\r\n\r\n", false)]
    [InlineData("NATS/1.0 503\r\n\r\n", false)]
    [InlineData("NATS/1.0 503\r\nA: 1\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nA:1\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nA:\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nA:  1\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nA: 1 \r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nA: 1\n\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\n A: 1\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nA : 1\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nrmq-priority: 1\r\n\r\n", false)]
    [InlineData("NATS/1.0\r\nA: 1\r\n", false)]
    [InlineData("NATS/1.0\r\nA: 1\r\n\r\nB: 2\r\n\r\n", false)]
    public void A_canonical_block_is_one_that_can_be_written_again(string block, bool expected) =>
        Assert.Equal(expected, NatsHeaderBlock.IsCanonical(Encoding.Latin1.GetBytes(block)));

    [Fact]
    public void A_canonical_block_equals_what_its_names_and_values_make() =>
        Gen.String[Gen.Char["ab: \t\r\n"], 0, 24].Sample(
            lines =>
            {
                var block = Encoding.Latin1.GetBytes($"NATS/1.0\r\n{lines}\r\n\r\n");
                return !NatsHeaderBlock.IsCanonical(block) || Encoding.Latin1.GetBytes(Write(block)).AsSpan().SequenceEqual(block);
            },
            iter: 20_000);

    private static string Write(byte[] block)
    {
        var text = new StringBuilder("NATS/1.0\r\n");
        foreach (var header in new NatsHeaderBlock(block))
            text.Append($"{Encoding.Latin1.GetString(header.Name)}: {Encoding.Latin1.GetString(header.Value)}\r\n");
        return text.Append("\r\n").ToString();
    }

    private static string Read(string block)
    {
        var headers = new List<string>();
        foreach (var header in new NatsHeaderBlock(Encoding.Latin1.GetBytes(block)))
            headers.Add($"{Encoding.Latin1.GetString(header.Name)}={Encoding.Latin1.GetString(header.Value)}");
        return string.Join('|', headers);
    }
}
