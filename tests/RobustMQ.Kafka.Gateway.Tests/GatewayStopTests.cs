using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A gateway that is stopped while clients are at work, as where machines are exchanged one after the other.</summary>
public sealed class GatewayStopTests
{
    private const string Topic = "handed-over";
    private const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_it_held_is_the_others_at_once_and_nothing_is_lost_or_repeated()
    {
        const int Count = 4_000;
        // Nobody who waited for leases to run out would be done in time.
        await using var cluster = await KafkaCluster.StartAsync(2, "--kafka:lease", "5m", "--kafka:group:min_session_timeout", "100ms");
        using (var admin = cluster.Admin())
            await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
        // Of a few groups some have the one coordinator and some the other, whichever stops.
        var reading = Enumerable.Range(0, 4).Select(index => Task.Run(() => ReadAll(cluster, $"group-{index}", Count))).ToList();

        using var producer = cluster.Producer(static config => (config.EnableIdempotence, config.LingerMs, config.MessageTimeoutMs) = (true, 0, 60_000));
        var sends = new Task<DeliveryResult<byte[], byte[]>>[Count];
        for (var i = 0; i < Count; i++)
        {
            sends[i] = producer.ProduceAsync(new TopicPartition(Topic, i % Partitions), new Message<byte[], byte[]> { Value = Bytes($"{i}") });
            if (i == Count / 2)
                await cluster.StopGatewayAsync(cluster.Gateways[0]);
        }
        await Task.WhenAll(sends);
        await Task.WhenAll(reading);
        for (var partition = 0; partition < Partitions; partition++)
        {
            var first = partition;
            Assert.Equal(
                Enumerable.Range(0, Count / Partitions).Select(index => $"{(index * Partitions) + first}"),
                cluster.ReadAll(Topic, partition).Select(static read => Text(read.Message.Value)));
        }
    }

    /// <summary>Reads until every record has been there, committing as it goes.</summary>
    private static void ReadAll(KafkaCluster cluster, string group, int count)
    {
        using var consumer = cluster.Consumer(
            config => (config.GroupId, config.EnableAutoCommit, config.AutoCommitIntervalMs, config.EnablePartitionEof, config.HeartbeatIntervalMs, config.SessionTimeoutMs, config.ReconnectBackoffMaxMs) =
                (group, true, 100, false, 200, 6_000, 500));
        consumer.Subscribe(Topic);
        var seen = new HashSet<string>();
        for (var until = DateTime.UtcNow + Patience; seen.Count < count;)
        {
            Assert.True(DateTime.UtcNow < until, $"{group} has {seen.Count} of {count} records");
            if (consumer.Consume(200) is { } read)
                seen.Add(Text(read.Message.Value));
        }
        consumer.Close();
    }
}
