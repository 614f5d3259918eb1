using Confluent.Kafka.Admin;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What groups have committed: taken back, and gone with the topic it was of.</summary>
public sealed class OffsetTests : IAsyncLifetime
{
    private const string Topic = "committed";
    private const string Group = "readers";

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--kafka:partitions", "3");
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await _client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Topic }], AllowAutoTopicCreation = true }, 9);
        await Eventually.TrueAsync(async () => (await CommitAsync(0, 0)) == KafkaError.None, "there is a coordinator");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-2)]
    public async Task An_offset_before_the_first_takes_back_what_was_committed(long reset)
    {
        // kafkajs starts a group over like that.
        Assert.Equal(KafkaError.None, await CommitAsync(5, 6, 7));
        Assert.Equal([5L, 6, 7], await OffsetsAsync());
        Assert.Equal(KafkaError.None, await CommitAsync(8, reset));
        Assert.Equal([8L, -1, 7], await OffsetsAsync());
        Assert.Equal(KafkaError.None, await CommitAsync(reset, reset, reset));
        Assert.Equal([-1L, -1, -1], await OffsetsAsync());
        Assert.Equal(KafkaError.None, await CommitAsync(1, 2, 3));
        Assert.Equal([1L, 2, 3], await OffsetsAsync());
    }

    [Fact]
    public async Task A_topic_that_is_made_again_is_read_from_its_beginning()
    {
        Assert.Equal(KafkaError.None, await CommitAsync(5, 6, 7));
        using var admin = _cluster.Admin();
        await admin.DeleteTopicsAsync([Topic]);
        Assert.Equal([-1L, -1, -1], await OffsetsAsync());
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = 3, ReplicationFactor = 1 }]);
        Assert.Equal([-1L, -1, -1], await OffsetsAsync());
        Assert.Equal(KafkaError.None, await CommitAsync(1));
        Assert.Equal([1L, -1, -1], await OffsetsAsync());
    }

    [Fact]
    public async Task A_transaction_takes_no_offset_back()
    {
        var request = new TxnOffsetCommitRequest { TransactionalId = "id", GroupId = Group, ProducerId = 1, ProducerEpoch = 0, Topics = [new() { Name = Topic, Partitions = [new() { Offset = -1 }] }] };
        var answer = await _client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(request, 3);
        Assert.Equal(KafkaError.InvalidRequest, answer.Topics[0].Partitions[0].Error);
    }

    [Fact]
    public async Task A_member_of_the_older_protocol_that_names_itself_reads_its_offsets()
    {
        var join = new JoinGroupRequest { GroupId = Group, SessionTimeoutMs = 30_000, RebalanceTimeoutMs = 30_000, ProtocolType = "consumer", Protocols = [new() { Name = "range" }] };
        var member = (await _client.AskAsync<JoinGroupRequest, JoinGroupResponse>(join, 3)).MemberId;
        var request = new OffsetFetchRequest { Groups = [new() { GroupId = Group, MemberId = member, MemberEpoch = 1, Topics = [new() { Name = Topic, Partitions = [0] }] }] };
        var found = Assert.Single((await _client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(request, 9)).Groups);
        Assert.Equal((KafkaError.None, 0L), (found.Error, found.Topics[0].Partitions[0].Offset));
    }

    /// <summary>From partition 0 on, by a reader outside of the group.</summary>
    private async Task<KafkaError> CommitAsync(params long[] offsets)
    {
        var partitions = offsets.Select(static (offset, index) => new OffsetCommitRequest.Partition { Index = index, Offset = offset }).ToList();
        var answer = await _client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new() { GroupId = Group, Topics = [new() { Name = Topic, Partitions = partitions }] }, 8);
        return Assert.Single(answer.Topics[0].Partitions.Select(static partition => partition.Error).Distinct());
    }

    private async Task<IEnumerable<long>> OffsetsAsync()
    {
        var answer = await _client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { GroupId = Group, Topics = [new() { Name = Topic, Partitions = [0, 1, 2] }] }, 7);
        return answer.Topics[0].Partitions.Select(static partition => partition.Offset);
    }
}
