using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
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
    public async Task Where_a_configuration_comes_from_is_told_and_what_would_be_without_it()
    {
        await _admin.CreateTopicsAsync(
            [new TopicSpecification { Name = "told", NumPartitions = 1, ReplicationFactor = 1, Configs = new Dictionary<string, string> { ["retention.ms"] = "3600000" } }]);
        var topic = (await _admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = "told" }]))[0].Entries;
        Assert.Equal((ConfigSource.DynamicTopicConfig, false), (topic["retention.ms"].Source, topic["retention.ms"].IsDefault));
        Assert.Equal(
            [("3600000", ConfigSource.DynamicTopicConfig), ("604800000", ConfigSource.DefaultConfig)], topic["retention.ms"].Synonyms.Select(static synonym => (synonym.Value, synonym.Source)));
        Assert.Equal([("delete", ConfigSource.DefaultConfig)], topic["cleanup.policy"].Synonyms.Select(static synonym => (synonym.Value, synonym.Source)));

        var id = _admin.GetMetadata(TimeSpan.FromSeconds(20)).Brokers[0].BrokerId;
        var broker = (await _admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Broker, Name = $"{id}" }]))[0].Entries["num.partitions"];
        Assert.Equal(("1", ConfigSource.StaticBrokerConfig), (Assert.Single(broker.Synonyms).Value, broker.Synonyms[0].Source));
    }

    [Theory]
    [InlineData(100_000, null, null, ErrorCode.InvalidPartitions)]
    [InlineData(1, "max.message.bytes", "2147483647", ErrorCode.InvalidConfig)]
    [InlineData(1, "robustmq.subjects", "a.>.b", ErrorCode.InvalidConfig)]
    public async Task A_topic_that_cannot_be_is_refused_for_what_is_wrong_with_it(int partitions, string? config, string? value, ErrorCode expected)
    {
        var specification = new TopicSpecification { Name = "cannot", NumPartitions = partitions, ReplicationFactor = 1 };
        if (config is not null)
            specification.Configs = new Dictionary<string, string> { [config] = value! };
        var refusal = await Assert.ThrowsAsync<CreateTopicsException>(() => _admin.CreateTopicsAsync([specification]));
        Assert.Equal(expected, refusal.Results[0].Error.Code);
    }

    [Fact]
    public async Task Assignments_say_how_many_partitions_there_are_and_nothing_else_does()
    {
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        Assert.Equal((KafkaError.None, 2), await MakeAsync("assigned", partitions: -1, factor: -1));
        Assert.Equal(KafkaError.InvalidRequest, (await MakeAsync("twice", partitions: 2, factor: -1)).Error);
        Assert.Equal(KafkaError.InvalidRequest, (await MakeAsync("twice", partitions: -1, factor: 1)).Error);

        async Task<(KafkaError Error, int Partitions)> MakeAsync(string name, int partitions, short factor)
        {
            var assignments = Enumerable.Range(0, 2).Select(static index => new CreateTopicsRequest.Assignment { Partition = index, BrokerIds = [1] }).ToList();
            var request = new CreateTopicsRequest { Topics = [new() { Name = name, Partitions = partitions, ReplicationFactor = factor, Assignments = assignments }] };
            var told = Assert.Single((await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(request, 7)).Topics);
            return (told.Error, told.Partitions);
        }
    }

    [Fact]
    public async Task A_config_that_is_changed_twice_in_one_request_is_not_changed()
    {
        await _admin.CreateTopicsAsync([new TopicSpecification { Name = "twice", NumPartitions = 1, ReplicationFactor = 1 }]);
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        var set = new IncrementalAlterConfigsRequest.Config { Name = "retention.ms", Value = "1000" };
        var request = new IncrementalAlterConfigsRequest { Resources = [new() { Type = 2, Name = "twice", Configs = [set, set] }] };
        Assert.Equal(KafkaError.InvalidRequest, Assert.Single((await client.AskAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(request, 1)).Results).Error);
        var described = await _admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = "twice" }]);
        Assert.Equal("604800000", described[0].Entries["retention.ms"].Value);
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
    public async Task Records_of_a_topic_that_is_only_compacted_are_not_deleted_by_their_offsets()
    {
        await _admin.CreateTopicsAsync(
            [new TopicSpecification { Name = "newest", NumPartitions = 1, ReplicationFactor = 1, Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact" } }]);
        using (var producer = _cluster.Producer())
            await producer.ProduceAsync("newest", new Message<byte[], byte[]> { Key = Bytes("k"), Value = Bytes("v") });
        var refusal = await Assert.ThrowsAsync<DeleteRecordsException>(() => _admin.DeleteRecordsAsync([new TopicPartitionOffset("newest", 0, 1)]));
        Assert.Equal(ErrorCode.PolicyViolation, refusal.Results[0].Error.Code);
    }

    [Fact]
    public async Task Who_wants_the_controllers_is_told_that_this_is_a_broker()
    {
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        foreach (var (type, expected) in new[] { (1, KafkaError.None), (2, KafkaError.MismatchedEndpointType), (3, KafkaError.UnsupportedEndpointType) })
            Assert.Equal(expected, (await client.AskAsync<DescribeClusterRequest, DescribeClusterResponse>(new() { EndpointType = (sbyte)type }, 1)).Error);
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
