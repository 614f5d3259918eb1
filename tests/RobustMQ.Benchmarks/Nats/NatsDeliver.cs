using System.Text;
using BenchmarkDotNet.Attributes;

namespace RobustMQ.Benchmarks.Nats;

/// <summary>The whole way of a 16-byte message through the gateway, sockets left out: read, parse, match, batch, write MSG to every subscriber, flush. Per published message.</summary>
public class NatsDeliver
{
    private const int Messages = 1000;

    private readonly byte[] _publishes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("PUB orders.eu.42 16\r\nsixteen bytes ok\r\n", Messages)));
    private readonly byte[] _manySubjects =
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Messages).Select(i => $"PUB orders.eu.{i % 40} 16\r\nsixteen bytes ok\r\n")));

    private BenchedClient _publisher = null!;
    private BenchedClient[] _subscribers = [];

    [Params(0, 1, 4)]
    public int Subscribers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var gateway = new BenchedGateway();
        _publisher = gateway.Connect();
        _publisher.Send("CONNECT {\"verbose\":false}\r\n"u8);
        _subscribers = [.. Enumerable.Range(0, Subscribers).Select(_ => gateway.Connect())];
        foreach (var subscriber in _subscribers)
            subscriber.Send("CONNECT {\"verbose\":false}\r\nSUB orders.> 1\r\n"u8);
        var delivered = OneSubject();
        if (delivered < (long)Subscribers * Messages * 16)
            throw new InvalidOperationException($"only {delivered} bytes were delivered");
    }

    [Benchmark(OperationsPerInvoke = Messages, Baseline = true)]
    public long OneSubject() => Publish(_publishes);

    [Benchmark(OperationsPerInvoke = Messages)]
    public long FortySubjects() => Publish(_manySubjects);

    private long Publish(byte[] publishes)
    {
        _publisher.Send(publishes);
        var delivered = 0L;
        foreach (var subscriber in _subscribers)
            delivered += subscriber.Drain();
        return delivered;
    }
}
