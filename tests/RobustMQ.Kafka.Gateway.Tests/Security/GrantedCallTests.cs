using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;
using ScramMechanism = Confluent.Kafka.Admin.ScramMechanism;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>Every call that a grant decides, as a user that was made at run time: refused without the grant, served with it, refused again where it is denied beside.</summary>
public sealed class GrantedCallTests : IAsyncLifetime
{
    private const string Name = "x";

    private static readonly string[] Flags = ["--auth:users:0:name", "root", "--auth:users:0:password", "all of it"];

    private static readonly Dictionary<string, Call> Calls = new()
    {
        ["find a group's coordinator"] = new(SharedAcl.Group, SharedAcl.Describe, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(new() { Key = Name }, 3)).Error),
        ["find a transaction's coordinator"] = new(SharedAcl.TransactionalId, SharedAcl.Describe, KafkaError.TransactionalIdAuthorizationFailed, static async client =>
            (await client.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(new() { Key = Name, KeyType = 1 }, 3)).Error),
        ["join"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new() { GroupId = Name, MemberId = string.Empty, SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000, ProtocolType = "consumer" }, 5)).Error),
        ["sync"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<SyncGroupRequest, SyncGroupResponse>(new() { GroupId = Name, MemberId = "m" }, 3)).Error),
        ["heartbeat"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<HeartbeatRequest, HeartbeatResponse>(new() { GroupId = Name, MemberId = "m" }, 3)).Error),
        ["leave"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<LeaveGroupRequest, LeaveGroupResponse>(new() { GroupId = Name, Members = [new() { MemberId = "m" }] }, 3)).Error),
        ["be a consumer"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new() { GroupId = Name, MemberId = "m", MemberEpoch = 5 }, 0)).Error),
        ["commit"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client => (await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(
            new() { GroupId = Name, MemberId = string.Empty, Generation = -1, Topics = [new() { Name = "none", Partitions = [new()] }] }, 7)).Topics[0].Partitions[0].Error),
        ["commit in a transaction"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client => (await client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(
            new() { TransactionalId = "own", GroupId = Name, MemberId = string.Empty, Generation = -1, Topics = [new() { Name = "none", Partitions = [new()] }] }, 3)).Topics[0].Partitions[0].Error),
        ["add offsets to a transaction"] = new(SharedAcl.Group, SharedAcl.Read, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(new() { TransactionalId = "own", GroupId = Name }, 3)).Error),
        ["fetch offsets"] = new(SharedAcl.Group, SharedAcl.Describe, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { GroupId = Name, Topics = [] }, 7)).Error),
        ["describe a group"] = new(SharedAcl.Group, SharedAcl.Describe, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(new() { Groups = [Name] }, 5)).Groups[0].Error),
        ["describe a consumer group"] = new(SharedAcl.Group, SharedAcl.Describe, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(new() { Groups = [Name] }, 0)).Groups[0].Error),
        ["delete a group"] = new(SharedAcl.Group, SharedAcl.Delete, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<DeleteGroupsRequest, DeleteGroupsResponse>(new() { Groups = [Name] }, 2)).Results[0].Error),
        ["delete offsets"] = new(SharedAcl.Group, SharedAcl.Delete, KafkaError.GroupAuthorizationFailed, static async client =>
            (await client.AskAsync<OffsetDeleteRequest, OffsetDeleteResponse>(new() { GroupId = Name }, 0)).Error),
        ["begin transactions"] = new(SharedAcl.TransactionalId, SharedAcl.Write, KafkaError.TransactionalIdAuthorizationFailed, static async client =>
            (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = Name, TransactionTimeoutMs = 30_000, ProducerId = -1, ProducerEpoch = -1 }, 4)).Error),
        ["produce idempotently"] = new(SharedAcl.Cluster, SharedAcl.IdempotentWrite, KafkaError.ClusterAuthorizationFailed, static async client =>
            (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { ProducerId = -1, ProducerEpoch = -1 }, 4)).Error),
        ["create a topic"] = new(SharedAcl.Topic, SharedAcl.Create, KafkaError.TopicAuthorizationFailed, static client => CreateAsync(client)),
        ["create any topic"] = new(SharedAcl.Cluster, SharedAcl.Create, KafkaError.TopicAuthorizationFailed, static client => CreateAsync(client)),
        ["grow a topic"] = new(SharedAcl.Topic, SharedAcl.Alter, KafkaError.TopicAuthorizationFailed, static async client =>
            (await client.AskAsync<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = Name, Count = 2 }], ValidateOnly = true }, 3)).Results[0].Error),
        ["delete records"] = new(SharedAcl.Topic, SharedAcl.Delete, KafkaError.TopicAuthorizationFailed, static async client =>
            (await client.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(new() { Topics = [new() { Name = Name, Partitions = [new()] }] }, 2)).Topics[0].Partitions[0].Error),
        ["alter a topic's configs"] = new(SharedAcl.Topic, SharedAcl.AlterConfigs, KafkaError.TopicAuthorizationFailed, static async client => (await client.AskAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(
            new() { Resources = [new() { Type = 2, Name = Name, Configs = [new() { Name = "retention.ms", Value = "1000" }] }], ValidateOnly = true }, 1)).Results[0].Error),
        ["describe a topic's configs"] = new(SharedAcl.Topic, SharedAcl.DescribeConfigs, KafkaError.TopicAuthorizationFailed, static async client =>
            (await client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [new() { Type = 2, Name = Name }] }, 4)).Results[0].Error),
        ["describe a broker's configs"] = new(SharedAcl.Cluster, SharedAcl.DescribeConfigs, KafkaError.ClusterAuthorizationFailed, static async client =>
            (await client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [new() { Type = 4, Name = "1" }] }, 4)).Results[0].Error),
        ["describe a topic"] = new(SharedAcl.Topic, SharedAcl.Describe, KafkaError.TopicAuthorizationFailed, static async client =>
            (await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Name }] }, 12)).Topics[0].Error),
        ["describe grants"] = new(SharedAcl.Cluster, SharedAcl.Describe, KafkaError.ClusterAuthorizationFailed, static async client =>
            (await client.AskAsync<DescribeAclsRequest, DescribeAclsResponse>(new() { ResourceType = 1, PatternType = 1, Operation = 1, PermissionType = 1 }, 3)).Error),
    };

    private KafkaCluster _cluster = null!;
    private RawClient _root = null!;
    private RawClient _eve = null!;

    public static TheoryData<string> Names => [.. Calls.Keys];

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, static config => LogIn(config, "root", "all of it"), Flags);
        using var admin = _cluster.Admin(static config => LogIn(config, "root", "all of it"));
        await admin.AlterUserScramCredentialsAsync([new Confluent.Kafka.Admin.UserScramCredentialUpsertion
        {
            User = "eve",
            ScramCredentialInfo = new() { Mechanism = ScramMechanism.ScramSha256, Iterations = 4096 },
            Password = Bytes("eves"),
        }]);
        await admin.CreateTopicsAsync([new Confluent.Kafka.Admin.TopicSpecification { Name = Name, NumPartitions = 1 }]);
        _root = await RawClient.LogInAsync(_cluster.Gateways[0], "root", "all of it");
        _eve = await RawClient.LogInAsync(_cluster.Gateways[0], "eve", "eves");
        // Offsets of a transaction are the transactional id's and the group's: here only the group is asked.
        await _root.GrantAsync(SharedAcl.TransactionalId, "own", SharedAcl.Write, isDenied: false);
    }

    public async Task DisposeAsync()
    {
        _root.Dispose();
        _eve.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_call_is_served_with_its_grant_only(string name)
    {
        var call = Calls[name];
        var resource = call.Resource == SharedAcl.Cluster ? Grant.ClusterName : Name;
        Assert.Equal(call.Refusal, await call.AskAsync(_eve));

        await _root.GrantAsync(call.Resource, resource, call.Operation, isDenied: false);
        Assert.NotEqual(call.Refusal, await call.AskAsync(_eve));

        await _root.GrantAsync(call.Resource, resource, call.Operation, isDenied: true);
        Assert.Equal(call.Refusal, await call.AskAsync(_eve));
    }

    private static async Task<KafkaError> CreateAsync(RawClient client) =>
        (await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = Name, Partitions = 1, ReplicationFactor = 1 }], ValidateOnly = true }, 7)).Topics[0].Error;

    /// <param name="Refusal">What is said without the grant.</param>
    private sealed record Call(sbyte Resource, sbyte Operation, KafkaError Refusal, Func<RawClient, Task<KafkaError>> AskAsync);
}
