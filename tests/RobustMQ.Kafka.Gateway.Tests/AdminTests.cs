using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Topics and their configurations through librdkafka's admin client.</summary>
public sealed class AdminTests : IAsyncLifetime
{
    private KafkaCluster _cluster = null!;
    private IAdminClient _admin = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync();
        _admin = _cluster.Admin();
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_topic_is_created_with_partitions_listed_and_deleted()
    {
        await _admin.CreateTopicsAsync([new TopicSpecification { Name = "orders", NumPartitions = 3, ReplicationFactor = 1 }]);
        var topic = Assert.Single(_admin.GetMetadata("orders", TimeSpan.FromSeconds(20)).Topics);
        Assert.Equal([0, 1, 2], topic.Partitions.Select(static partition => partition.PartitionId).Order());
        var again = await Assert.ThrowsAsync<CreateTopicsException>(
            () => _admin.CreateTopicsAsync([new TopicSpecification { Name = "orders", NumPartitions = 3, ReplicationFactor = 1 }]));
        Assert.Equal(ErrorCode.TopicAlreadyExists, again.Results[0].Error.Code);
        await _admin.DeleteTopicsAsync(["orders"]);
        await Eventually.TrueAsync(() => !_admin.GetMetadata(TimeSpan.FromSeconds(20)).Topics.Exists(static topic => topic.Topic == "orders"), "the topic is gone");
    }

    [Fact]
    public async Task Partitions_grow_and_never_shrink()
    {
        await _admin.CreateTopicsAsync([new TopicSpecification { Name = "grows", NumPartitions = 1, ReplicationFactor = 1 }]);
        await _admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "grows", IncreaseTo = 4 }]);
        Assert.Equal(4, _admin.GetMetadata("grows", TimeSpan.FromSeconds(20)).Topics[0].Partitions.Count);
        var refusal = await Assert.ThrowsAsync<CreatePartitionsException>(
            () => _admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "grows", IncreaseTo = 2 }]));
        Assert.Equal(ErrorCode.InvalidPartitions, refusal.Results[0].Error.Code);
    }

    [Fact]
    public async Task A_configuration_that_is_kept_comes_back_and_one_that_is_not_is_refused()
    {
        await _admin.CreateTopicsAsync(
            [new TopicSpecification { Name = "kept", NumPartitions = 1, ReplicationFactor = 1, Configs = new Dictionary<string, string> { ["retention.ms"] = "3600000" } }]);
        var resource = new ConfigResource { Type = ResourceType.Topic, Name = "kept" };
        var described = await _admin.DescribeConfigsAsync([resource]);
        Assert.Equal("3600000", described[0].Entries["retention.ms"].Value);
        var refusal = await Assert.ThrowsAsync<CreateTopicsException>(() => _admin.CreateTopicsAsync(
            [new TopicSpecification { Name = "not", NumPartitions = 1, ReplicationFactor = 1, Configs = new Dictionary<string, string> { ["no.such.setting"] = "1" } }]));
        Assert.Equal(ErrorCode.InvalidConfig, refusal.Results[0].Error.Code);
    }

    [Fact]
    public async Task Records_before_an_offset_are_deleted()
    {
        using (var producer = _cluster.Producer())
        {
            for (var i = 0; i < 10; i++)
                await producer.ProduceAsync("cut", new Message<byte[], byte[]> { Value = Bytes($"{i}") });
        }
        await _admin.DeleteRecordsAsync([new TopicPartitionOffset("cut", 0, 4)]);
        Assert.Equal(["4", "5", "6", "7", "8", "9"], _cluster.ReadAll("cut", from: 4).Select(static read => Text(read.Message.Value)));
    }

    [Fact]
    public async Task A_topic_that_nobody_may_make_does_not_come_into_being()
    {
        await using var strict = await KafkaCluster.StartAsync(1, "--kafka:auto_create", "false");
        using var producer = strict.Producer(config => config.MessageTimeoutMs = 3_000);
        var refusal = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(() => producer.ProduceAsync("absent", new Message<byte[], byte[]> { Value = Bytes("x") }));
        Assert.Contains(refusal.Error.Code, new[] { ErrorCode.Local_UnknownTopic, ErrorCode.UnknownTopicOrPart, ErrorCode.Local_MsgTimedOut });
    }
}
