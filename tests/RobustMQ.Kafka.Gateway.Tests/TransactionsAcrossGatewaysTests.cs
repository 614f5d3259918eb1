using Confluent.Kafka;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Transactions of librdkafka's producer over two gateways, so that coordinators and leaders are not always the same: what readers find of them.</summary>
public sealed class TransactionsAcrossGatewaysTests : IAsyncLifetime
{
    private const string Topic = "transacted";
    private const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private KafkaCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(2, "--kafka:partitions", $"{Partitions}");
        await _cluster.WhenCoordinatedAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public void Committed_transactions_are_read_whole_and_in_order_and_aborted_ones_not_at_all()
    {
        using var producer = Transactional("ends");
        var committed = new List<string>();
        for (var number = 0; number < 12; number++)
        {
            producer.BeginTransaction();
            for (var record = 0; record < 40; record++)
            {
                var value = $"{number}.{record}";
                producer.Produce(new TopicPartition(Topic, record % Partitions), new() { Value = Bytes(value) });
                // Several requests a transaction, some of them under way together.
                if (record % 8 == 7)
                    producer.Poll(TimeSpan.FromMilliseconds(1));
                if (number % 3 != 1)
                    committed.Add(value);
            }
            if (number % 3 == 1)
                producer.AbortTransaction(Patience);
            else
                producer.CommitTransaction(Patience);
        }
        for (var partition = 0; partition < Partitions; partition++)
            Assert.Equal(committed.Where(value => int.Parse(value.Split('.')[1]) % Partitions == partition), Read(Topic, partition, IsolationLevel.ReadCommitted));
    }

    [Fact]
    public void An_open_transaction_is_seen_by_readers_of_everything_only()
    {
        using var producer = Transactional("open");
        using var plain = _cluster.Producer();
        producer.BeginTransaction();
        producer.Produce(new TopicPartition(Topic, 0), new() { Value = Bytes("open") });
        producer.Flush(Patience);
        plain.Produce(new TopicPartition(Topic, 0), new() { Value = Bytes("behind") });
        plain.Flush(Patience);
        Assert.Equal(["open", "behind"], Read(Topic, 0, IsolationLevel.ReadUncommitted));
        Assert.Empty(Read(Topic, 0, IsolationLevel.ReadCommitted));
        producer.CommitTransaction(Patience);
        Assert.Equal(["open", "behind"], Read(Topic, 0, IsolationLevel.ReadCommitted));
    }

    private IProducer<byte[], byte[]> Transactional(string id)
    {
        var producer = _cluster.Producer(config => config.TransactionalId = id);
        producer.InitTransactions(Patience);
        return producer;
    }

    private List<string> Read(string topic, int partition, IsolationLevel isolation)
    {
        using var consumer = _cluster.Consumer(config => config.IsolationLevel = isolation);
        consumer.Assign(new TopicPartitionOffset(topic, partition, 0));
        var values = new List<string>();
        while (true)
        {
            var result = consumer.Consume(Patience);
            Assert.NotNull(result);
            if (result.IsPartitionEOF)
                return values;
            values.Add(Text(result.Message.Value));
        }
    }
}
