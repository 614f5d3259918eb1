using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A request that names the same thing again and again is told of it once: a few bytes each time must not be worth all its partitions, members or offsets.</summary>
public sealed class RepetitionTests : IAsyncLifetime
{
    private const string Topic = "named";
    private const string Group = "twice";

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--kafka:partitions", "2");
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await _client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Topic }], AllowAutoTopicCreation = true }, 9);
        await Eventually.TrueAsync(async () => (await DescribeAsync(Group))[0].Error == KafkaError.None, "there is a coordinator");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Topics_by_name_and_by_id()
    {
        var named = await _client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Topic }, new() { Name = Topic, TopicId = Guid.NewGuid() }, new() { Name = Topic }] }, 12);
        var topic = Assert.Single(named.Topics);
        Assert.Equal(2, topic.Partitions.Count);
        var byId = await _client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { TopicId = topic.TopicId }, new() { TopicId = topic.TopicId }] }, 12);
        Assert.Equal(Topic, Assert.Single(byId.Topics).Name);
    }

    [Fact]
    public async Task Configs_of_a_topic()
    {
        var request = new DescribeConfigsRequest { Resources = [new() { Type = 2, Name = Topic }, new() { Type = 2, Name = Topic }] };
        Assert.Equal(KafkaError.None, Assert.Single((await _client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(request, 4)).Results).Error);
    }

    [Fact]
    public async Task Groups_of_both_protocols()
    {
        Assert.Equal([Group, "other"], (await DescribeAsync(Group, "other", Group)).Select(static group => group.GroupId));
        var consumers = await _client.AskAsync<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(new() { Groups = [Group, Group] }, 0);
        Assert.Equal(Group, Assert.Single(consumers.Groups).GroupId);
    }

    [Fact]
    public async Task Offsets_of_a_group()
    {
        var one = new OffsetFetchRequest.Group { GroupId = Group, Topics = [new() { Name = Topic, Partitions = [0, 0, 1] }, new() { Name = Topic, Partitions = [1] }] };
        var answer = await _client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { Groups = [one, one] }, 9);
        Assert.Equal([0, 1], Assert.Single(Assert.Single(answer.Groups).Topics).Partitions.Select(static partition => partition.Index));
    }

    [Fact]
    public async Task Offsets_and_producers_of_a_partition()
    {
        var offsets = await _client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(
            new() { Topics = [new() { Name = Topic, Partitions = [new() { Index = 0, TimestampMs = -1 }, new() { Index = 0, TimestampMs = -2 }, new() { Index = 1, TimestampMs = -1 }] }] }, 7);
        Assert.Equal([KafkaError.None, KafkaError.InvalidRequest, KafkaError.None], offsets.Topics[0].Partitions.Select(static partition => partition.Error));
        var producers = await _client.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(
            new() { Topics = [new() { Name = Topic, Partitions = [0, 0] }, new() { Name = Topic, Partitions = [0] }] }, 0);
        Assert.Equal(0, Assert.Single(Assert.Single(producers.Topics).Partitions).Index);
    }

    [Fact]
    public async Task Transactional_ids()
    {
        var answer = await _client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(new() { TransactionalIds = ["id", "id"] }, 0);
        Assert.Equal("id", Assert.Single(answer.Transactions).TransactionalId);
    }

    private async Task<IReadOnlyList<DescribeGroupsResponse.Group>> DescribeAsync(params string[] groups) =>
        (await _client.AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(new() { Groups = groups }, 5)).Groups;
}
