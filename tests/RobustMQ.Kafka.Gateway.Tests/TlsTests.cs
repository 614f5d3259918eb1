using Confluent.Kafka;
using RobustMQ.GatewayKit.Tests;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Behind TLS answers take another way to the socket, large ones too.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public TlsTests() => _certificates.WriteServer().Dispose();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task What_librdkafka_writes_over_TLS_it_reads_back()
    {
        await using var cluster = await KafkaCluster.StartAsync(1, "--kafka:tls:certificate", _certificates.PathOf("server.pem"), "--kafka:tls:key", _certificates.PathOf("server.key"));
        using var producer = cluster.Producer(Configure);
        var value = new byte[900_000];
        new Random(1).NextBytes(value);
        for (var record = 0; record < 5; record++)
            Assert.Equal(PersistenceStatus.Persisted, (await producer.ProduceAsync("sealed", new Message<byte[], byte[]> { Key = Bytes($"{record}"), Value = value })).Status);

        using var consumer = cluster.Consumer(Configure);
        consumer.Assign(new TopicPartitionOffset("sealed", 0, 0));
        for (var record = 0; record < 5; record++)
        {
            var read = consumer.Consume(TimeSpan.FromSeconds(20));
            Assert.NotNull(read);
            Assert.Equal($"{record}", Text(read.Message.Key));
            Assert.Equal(value, read.Message.Value);
        }
    }

    private void Configure(ClientConfig config) => (config.SecurityProtocol, config.SslCaLocation) = (SecurityProtocol.Ssl, _certificates.AuthorityFile);
}
