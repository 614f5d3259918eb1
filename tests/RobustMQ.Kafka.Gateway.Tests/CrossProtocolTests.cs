using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What other gateways wrote by subject, seen by a Kafka client.</summary>
public sealed class CrossProtocolTests : IAsyncLifetime
{
    private KafkaCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await KafkaCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_reader_from_the_beginning_sees_what_was_published_before_the_topic_existed()
    {
        await PublishAsync("_live", "hello.world", "from NATS");
        await PublishAsync("_durable", "hello.world", "from MQTT");
        using (var admin = _cluster.Admin())
            await admin.CreateTopicsAsync([new Confluent.Kafka.Admin.TopicSpecification { Name = "hello.world", NumPartitions = 1, ReplicationFactor = 1 }]);
        Assert.Equal(["hello.world=from MQTT", "hello.world=from NATS"], _cluster.ReadAll("hello.world").Select(static read => $"{Text(read.Message.Key)}={Text(read.Message.Value)}"));
    }

    [Fact]
    public async Task A_topic_with_subjects_shows_them_as_keys()
    {
        using (var admin = _cluster.Admin())
        {
            await admin.CreateTopicsAsync(
            [
                new Confluent.Kafka.Admin.TopicSpecification
                {
                    Name = "sensors", NumPartitions = 1, ReplicationFactor = 1, Configs = new Dictionary<string, string> { ["robustmq.subjects"] = "sensors.>" },
                },
            ]);
        }
        await PublishAsync("sensors", "sensors.kitchen.temperature", "21");
        var read = Assert.Single(_cluster.ReadAll("sensors"));
        Assert.Equal(("sensors.kitchen.temperature", "21"), (Text(read.Message.Key), Text(read.Message.Value)));
    }

    private async Task PublishAsync(string topic, string subject, string value)
    {
        await using var storage = _cluster.Storage;
        var name = TopicName.Parse(topic);
        Assert.True((await storage.Topics.GetAsync(Namespace.Default, name)).Succeeded);
        using var batch = new RecordBatchBuilder();
        // Records of long ago would age out.
        batch.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), RecordAttributes.KeyIsSubject, Bytes(subject), Bytes(value));
        Assert.True((await storage.Logs.AppendAsync(new AppendRequest { Log = new TopicPartition(Namespace.Default, name, 0), Batch = batch.Build().ToArray() })).Succeeded);
    }
}
