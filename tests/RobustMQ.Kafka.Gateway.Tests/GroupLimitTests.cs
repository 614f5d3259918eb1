using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>How many groups a gateway keeps, and how much their members may have it remember.</summary>
public sealed class GroupLimitTests : IAsyncLifetime
{
    private const int Large = 40 << 10;

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--kafka:group:max_groups", "2", "--kafka:group:memory", "64KiB");
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        // A slot's coordinator is there a moment after its gateway.
        await Eventually.TrueAsync(async () => await HeartbeatAsync("first") == KafkaError.UnknownMemberId, "there is a coordinator");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task One_group_too_many_is_refused_until_one_that_nobody_is_in_is_forgotten()
    {
        var member = await JoinAsync("stays", 10);
        Assert.Equal(KafkaError.None, member.Error);
        Assert.Equal(KafkaError.PolicyViolation, await HeartbeatAsync("third"));
        await Eventually.TrueAsync(async () => await HeartbeatAsync("third") == KafkaError.UnknownMemberId, "the first is forgotten");
        Assert.Equal(KafkaError.PolicyViolation, (await JoinAsync("fourth", 10)).Error);
        Assert.Equal(KafkaError.None, await HeartbeatAsync("stays", member));
    }

    [Fact]
    public async Task Who_has_more_to_say_of_itself_than_there_is_room_for_is_no_member_until_another_goes()
    {
        var member = await JoinAsync("first", Large);
        Assert.Equal(KafkaError.None, member.Error);
        Assert.Equal(KafkaError.GroupMaxSizeReached, (await JoinAsync("second", Large)).Error);
        // Those that are in go on.
        Assert.Equal(KafkaError.None, await HeartbeatAsync("first", member));
        var left = await _client.AskAsync<LeaveGroupRequest, LeaveGroupResponse>(new() { GroupId = "first", MemberId = member.MemberId }, 2);
        Assert.Equal(KafkaError.None, left.Error);
        await Eventually.TrueAsync(async () => (await JoinAsync("second", Large)).Error == KafkaError.None, "there is room again");
    }

    [Fact]
    public async Task A_leader_hands_out_no_more_than_there_is_room_for()
    {
        var member = await JoinAsync("first", Large);
        Assert.Equal(KafkaError.GroupMaxSizeReached, await SyncAsync(member, Large));
        Assert.Equal(KafkaError.None, await SyncAsync(member, 10));
    }

    [Fact]
    public async Task A_member_of_the_newer_protocol_names_no_more_topics_than_there_is_room_for()
    {
        Assert.Equal(KafkaError.GroupMaxSizeReached, (await JoinConsumersAsync(topics: 2 * Large / 100)).Error);
        Assert.Equal(KafkaError.None, (await JoinConsumersAsync(topics: 1)).Error);
    }

    [Fact]
    public async Task Nobody_names_more_ways_to_share_out_than_can_be_compared()
    {
        Assert.Equal(KafkaError.InvalidRequest, (await JoinAsync("first", 1, protocols: 65)).Error);
        Assert.Equal(KafkaError.None, (await JoinAsync("first", 1, protocols: 64)).Error);
    }

    private async Task<KafkaError> HeartbeatAsync(string group, JoinGroupResponse? member = null) =>
        (await _client.AskAsync<HeartbeatRequest, HeartbeatResponse>(new() { GroupId = group, MemberId = member?.MemberId ?? "none", Generation = member?.Generation ?? 1 }, 2)).Error;

    private Task<JoinGroupResponse> JoinAsync(string group, int bytes, int protocols = 1) => _client.AskAsync<JoinGroupRequest, JoinGroupResponse>(
        new()
        {
            GroupId = group,
            SessionTimeoutMs = 60_000,
            RebalanceTimeoutMs = 60_000,
            ProtocolType = "consumer",
            Protocols = [.. Enumerable.Range(0, protocols).Select(number => new JoinGroupRequest.Protocol { Name = $"range-{number}", Metadata = new byte[bytes] })],
        },
        3);

    private async Task<KafkaError> SyncAsync(JoinGroupResponse member, int bytes) => (await _client.AskAsync<SyncGroupRequest, SyncGroupResponse>(
        new() { GroupId = "first", Generation = member.Generation, MemberId = member.MemberId, Assignments = [new() { MemberId = member.MemberId, Bytes = new byte[bytes] }] }, 2)).Error;

    private Task<ConsumerGroupHeartbeatResponse> JoinConsumersAsync(int topics) => _client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(
        new()
        {
            GroupId = "first",
            MemberId = "member",
            RebalanceTimeoutMs = 60_000,
            SubscribedTopicNames = [.. Enumerable.Range(0, topics).Select(static number => $"{number:D100}")],
            Owned = [],
        },
        1);
}
