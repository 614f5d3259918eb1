using System.Text;
using BenchmarkDotNet.Attributes;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Benchmarks.Nats;

/// <summary>What it costs to tell one command from the next in what a client sent, per message of 16 bytes.</summary>
public class NatsParse
{
    private const int Messages = 1000;

    private readonly NatsParserLimits _limits = new();
    private readonly byte[] _publishes = Repeat("PUB orders.eu.42 16\r\nsixteen bytes ok\r\n");
    private readonly byte[] _headers = Repeat("HPUB orders.eu.42 _INBOX.a 22 38\r\nNATS/1.0\r\nBar: Baz\r\n\r\nsixteen bytes ok\r\n");

    [Benchmark(OperationsPerInvoke = Messages, Baseline = true)]
    public int Pub() => Parse(_publishes);

    [Benchmark(OperationsPerInvoke = Messages)]
    public int HPub() => Parse(_headers);

    private static byte[] Repeat(string command) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, Messages)));

    private int Parse(ReadOnlySpan<byte> input)
    {
        var bytes = 0;
        while (NatsParser.TryParse(input, _limits, out var command) == ParseStatus.Command)
        {
            bytes += command.BodyLength;
            input = input[command.TotalLength..];
        }
        return bytes;
    }
}
