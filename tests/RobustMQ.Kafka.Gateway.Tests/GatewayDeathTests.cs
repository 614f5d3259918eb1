using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Two gateways, and what clients notice when one is gone without a word.</summary>
public sealed class GatewayDeathTests : IAsyncLifetime
{
    private const string Topic = "outlives";
    private const int Partitions = 4;

    private static readonly string[] Flags = ["--kafka:lease", "1s", "--kafka:group:min_session_timeout", "100ms"];

    private static readonly TopicPartition[] Logs = [.. Enumerable.Range(0, Partitions).Select(static partition => new TopicPartition(Topic, partition))];

    private KafkaCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(2, Flags);
        using var admin = _cluster.Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Both_are_brokers_and_share_the_partitions()
    {
        using var admin = _cluster.Admin();
        await Eventually.TrueAsync(async () => (await admin.DescribeClusterAsync()).Nodes.Select(static node => node.Id).Order().SequenceEqual([1, 2]), "both are told of");
    }

    [Fact]
    public async Task An_idempotent_producer_loses_nothing_and_repeats_nothing_when_a_gateway_dies_under_it()
    {
        const int Count = 4_000;
        using var producer = _cluster.Producer(static config => (config.EnableIdempotence, config.LingerMs, config.MessageTimeoutMs) = (true, 0, 60_000));
        var sends = new Task<DeliveryResult<byte[], byte[]>>[Count];
        for (var i = 0; i < Count; i++)
        {
            sends[i] = producer.ProduceAsync(new TopicPartition(Topic, i % Partitions), new Message<byte[], byte[]> { Value = Bytes($"{i}") });
            if (i == Count / 2)
                await _cluster.KillGatewayAsync(_cluster.Gateways[0]);
        }
        await Task.WhenAll(sends);
        for (var partition = 0; partition < Partitions; partition++)
        {
            var first = partition;
            Assert.Equal(
                Enumerable.Range(0, Count / Partitions).Select(index => $"{(index * Partitions) + first}"),
                _cluster.ReadAll(Topic, partition).Select(static read => Text(read.Message.Value)));
        }
    }

    [Fact]
    public async Task A_group_goes_on_with_the_gateway_that_is_left_where_it_had_committed()
    {
        using (var producer = _cluster.Producer())
        {
            for (var i = 0; i < 40; i++)
                await producer.ProduceAsync(new TopicPartition(Topic, i % Partitions), new Message<byte[], byte[]> { Value = Bytes($"{i}") });
        }
        // Of a few groups some have the one coordinator and some the other, whichever dies.
        var readers = Enumerable.Range(0, 4).Select(index => Member($"group-{index}")).ToList();
        var committed = new List<IReadOnlyCollection<string>>();
        foreach (var reader in readers)
        {
            committed.Add(Take(reader, 10));
            reader.Commit();
        }
        await _cluster.KillGatewayAsync(_cluster.Gateways[0]);
        foreach (var (reader, before) in readers.Zip(committed))
        {
            // What was read and committed before comes again to nobody; what was only read may, when the group is put together anew.
            var rest = new HashSet<string>();
            while (rest.Count < 30)
                rest.UnionWith(Take(reader, 1));
            Assert.Empty(rest.Intersect(before));
            CommitPatiently(reader);
            reader.Dispose();
        }
        foreach (var index in Enumerable.Range(0, 4))
        {
            using var again = Member($"group-{index}");
            Assert.Equal(40, again.Committed(Logs, TimeSpan.FromSeconds(30)).Sum(static offset => offset.Offset.Value));
        }
    }

    private IConsumer<byte[], byte[]> Member(string group)
    {
        var consumer = _cluster.Consumer(
            config => (config.GroupId, config.EnablePartitionEof, config.HeartbeatIntervalMs, config.SessionTimeoutMs, config.ReconnectBackoffMaxMs) = (group, false, 200, 6_000, 500));
        consumer.Subscribe(Topic);
        return consumer;
    }

    /// <summary>Until the group has found its new coordinator.</summary>
    private static void CommitPatiently(IConsumer<byte[], byte[]> reader)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                // All of them by name: what a rejoin hands out again has no position yet.
                reader.Commit(Logs.Select(static log => new TopicPartitionOffset(log, 10)));
                return;
            }
            catch (KafkaException error) when (tries < 300)
            {
                // Offsets of partitions that a rebalance is about to hand out are refused: the reader joins again, and holds them again.
                Assert.False(error.Error.IsFatal, error.Error.Reason);
                reader.Consume(100);
            }
        }
    }

    private static List<string> Take(IConsumer<byte[], byte[]> reader, int count)
    {
        var taken = new List<string>();
        for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(60); taken.Count < count;)
        {
            Assert.True(DateTime.UtcNow < until, $"{taken.Count} of {count} records");
            if (reader.Consume(1_000) is { } result)
                taken.Add(Text(result.Message.Value));
        }
        return taken;
    }
}
