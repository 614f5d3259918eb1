using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;
using AclBinding = Confluent.Kafka.Admin.AclBinding;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>ACLs by librdkafka's admin client: made, found, taken back, refused; and what no ACL opens.</summary>
public sealed class AclTests : IAsyncLifetime
{
    private KafkaCluster _cluster = null!;
    private IAdminClient _root = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(
            1,
            "--auth:users:0:name", "root", "--auth:users:0:password", "all of it",
            "--auth:users:1:name", "ann", "--auth:users:1:password", "secret", "--auth:users:1:permissions:publish", "anns.>", "--auth:users:1:permissions:subscribe", "news");
        _root = _cluster.Admin(static config => LogIn(config, "root", "all of it"));
    }

    public async Task DisposeAsync()
    {
        _root.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Acls_come_back_as_they_were_made_for_whomever()
    {
        AclBinding[] made =
        [
            Acl("User:nobody-yet", ResourceType.Topic, "orders", AclOperation.Write),
            Acl("User:nobody-yet", ResourceType.Topic, "*", AclOperation.Describe, permission: AclPermissionType.Deny),
            Acl("User:ann", ResourceType.Group, "anns", AclOperation.Read, ResourcePatternType.Prefixed),
            Acl("User:*", ResourceType.Topic, "news", AclOperation.All),
            Acl("User:ann", ResourceType.Broker, "kafka-cluster", AclOperation.AlterConfigs),
        ];
        await _root.CreateAclsAsync(made);
        await _root.CreateAclsAsync(made);
        foreach (var acl in made)
            Assert.Equal(acl, Assert.Single((await _root.DescribeAclsAsync(acl.ToFilter())).AclBindings));
        // Ann has what the configuration says beside what was granted.
        Assert.Equal(["AlterConfigs kafka-cluster", "Read anns", "Read news", "Write anns."], await FindAsync("User:ann"));
        Assert.Equal(["Describe *", "Write orders"], await FindAsync("User:nobody-yet"));
    }

    [Fact]
    public async Task Whatever_a_filter_matches_is_deleted_and_told()
    {
        await _root.CreateAclsAsync(
        [
            Acl("User:eve", ResourceType.Topic, "a", AclOperation.Read),
            Acl("User:eve", ResourceType.Topic, "a", AclOperation.Write),
            Acl("User:kim", ResourceType.Topic, "a", AclOperation.Read),
            Acl("User:kim", ResourceType.Group, "a", AclOperation.Read),
        ]);
        var deleted = await _root.DeleteAclsAsync([Filter(ResourceType.Topic, "a", AclOperation.Read), Filter(ResourceType.Topic, "none", AclOperation.Read)]);
        Assert.Equal(["User:eve", "User:kim"], deleted[0].AclBindings.Select(static acl => acl.Entry.Principal).Order());
        Assert.Empty(deleted[1].AclBindings);
        Assert.Equal(["Write a"], await FindAsync("User:eve"));
        Assert.Equal(["Read a"], await FindAsync("User:kim"));
    }

    [Fact]
    public async Task What_is_configured_stays()
    {
        await _root.CreateAclsAsync([Acl("User:ann", ResourceType.Topic, "more", AclOperation.Write)]);
        var kept = await Assert.ThrowsAsync<DeleteAclsException>(() => _root.DeleteAclsAsync([Filter(ResourceType.Topic, "news", AclOperation.Read, "User:ann")]));
        Assert.Equal(ErrorCode.PolicyViolation, kept.Results[0].Error.Code);
        Assert.Contains("auth:users", kept.Results[0].Error.Reason, StringComparison.Ordinal);
        // Where a filter matches both, what was granted goes.
        var gone = await _root.DeleteAclsAsync([Filter(ResourceType.Topic, null, AclOperation.Any, "User:ann")]);
        Assert.Equal("more", Assert.Single(gone[0].AclBindings).Pattern.Name);
        Assert.Equal(["Read news", "Write anns."], await FindAsync("User:ann"));
    }

    [Fact]
    public async Task One_that_is_refused_takes_no_other_along()
    {
        var refused = await Assert.ThrowsAsync<CreateAclsException>(() => _root.CreateAclsAsync(
        [
            Acl("User:eve", ResourceType.Topic, "good", AclOperation.Read),
            Acl("User:eve", ResourceType.Topic, "elsewhere", AclOperation.Read, host: "10.0.0.1"),
            Acl("eve", ResourceType.Topic, "nobody", AclOperation.Read),
            Acl("User:eve", ResourceType.Topic, "orders.>", AclOperation.Read),
            Acl("User:eve", ResourceType.Broker, "kafka-cluster", AclOperation.ClusterAction),
            Acl($"User:{new string('n', StoredUser.NameBytesMax + 1)}", ResourceType.Topic, "too long", AclOperation.Read),
        ]));
        Assert.Equal(
            [ErrorCode.NoError, ErrorCode.PolicyViolation, ErrorCode.InvalidRequest, ErrorCode.PolicyViolation, ErrorCode.PolicyViolation, ErrorCode.InvalidRequest],
            refused.Results.Select(static result => result.Error.Code));
        Assert.Equal(["Read good"], await FindAsync("User:eve"));
    }

    [Fact]
    public async Task A_principal_has_no_more_grants_than_a_check_can_look_at()
    {
        using var root = await RawClient.LogInAsync(_cluster.Gateways[0], "root", "all of it");
        var creations = Enumerable.Range(0, StoredGrants.CountMax + 1)
            .Select(static index => new Protocol.Apis.AclBinding { ResourceType = 2, ResourceName = $"t{index}", Principal = "User:eve", Host = "*", Operation = 3, PermissionType = 3 }).ToArray();
        var refused = await root.AskAsync<CreateAclsRequest, CreateAclsResponse>(new() { Creations = creations }, 3);
        Assert.All(refused.Results, static result => Assert.Equal(KafkaError.PolicyViolation, result.Error));
        var taken = await root.AskAsync<CreateAclsRequest, CreateAclsResponse>(new() { Creations = creations[1..] }, 3);
        Assert.All(taken.Results, static result => Assert.Equal(KafkaError.None, result.Error));
    }

    [Fact]
    public async Task Only_who_may_alter_the_cluster_changes_users_and_grants()
    {
        using var ann = await RawClient.LogInAsync(_cluster.Gateways[0], "ann", "secret");
        Assert.Equal((KafkaError.ClusterAuthorizationFailed, KafkaError.ClusterAuthorizationFailed, KafkaError.ClusterAuthorizationFailed), await TryAsync(ann));
        Assert.Equal(KafkaError.ClusterAuthorizationFailed, await DescribeAsync(ann));

        var describe = Acl("User:ann", ResourceType.Broker, "kafka-cluster", AclOperation.Describe);
        await _root.CreateAclsAsync([describe]);
        Assert.Equal(KafkaError.None, await DescribeAsync(ann));
        Assert.Equal((KafkaError.ClusterAuthorizationFailed, KafkaError.ClusterAuthorizationFailed, KafkaError.ClusterAuthorizationFailed), await TryAsync(ann));

        await _root.CreateAclsAsync([Acl("User:ann", ResourceType.Broker, "kafka-cluster", AclOperation.Alter)]);
        await _root.DeleteAclsAsync([describe.ToFilter()]);
        // Who may change something may know of it, too.
        Assert.Equal(KafkaError.None, await DescribeAsync(ann));
        Assert.Equal((KafkaError.None, KafkaError.None, KafkaError.None), await TryAsync(ann));

        static async Task<(KafkaError Created, KafkaError Deleted, KafkaError Altered)> TryAsync(RawClient client) =>
        (
            (await client.AskAsync<CreateAclsRequest, CreateAclsResponse>(new() { Creations = [new() { ResourceType = 2, ResourceName = "t", Principal = "User:eve", Host = "*", Operation = 3, PermissionType = 3 }] }, 3)).Results[0].Error,
            (await client.AskAsync<DeleteAclsRequest, DeleteAclsResponse>(new() { Filters = [new() { ResourceType = 2, ResourceName = "t", Principal = "User:eve", Operation = 1, PermissionType = 1 }] }, 3)).Results[0].Error,
            (await client.AskAsync<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(
                new() { Upsertions = [new() { User = "eve", Mechanism = 1, Iterations = 4096, Salt = new byte[8], SaltedPassword = new byte[32] }] }, 0)).Results[0].Error
        );

        static async Task<KafkaError> DescribeAsync(RawClient client)
        {
            var acls = await client.AskAsync<DescribeAclsRequest, DescribeAclsResponse>(new() { ResourceType = 1, PatternType = 1, Operation = 1, PermissionType = 1 }, 3);
            var users = await client.AskAsync<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>(new(), 0);
            Assert.Equal(acls.Error, users.Error);
            return acls.Error;
        }
    }

    [Fact]
    public async Task A_filter_that_is_none_is_refused()
    {
        using var root = await RawClient.LogInAsync(_cluster.Gateways[0], "root", "all of it");
        Assert.Equal(KafkaError.InvalidRequest, (await root.AskAsync<DescribeAclsRequest, DescribeAclsResponse>(new() { ResourceType = 0, Operation = 1, PermissionType = 1 }, 3)).Error);
        var deleted = await root.AskAsync<DeleteAclsRequest, DeleteAclsResponse>(new() { Filters = [new() { ResourceType = 1, PatternType = 1, Operation = 99, PermissionType = 1 }] }, 3);
        Assert.Equal(KafkaError.InvalidRequest, deleted.Results[0].Error);
    }

    [Fact]
    public async Task Where_no_users_are_configured_there_is_nobody_to_grant_anything_to()
    {
        await using var open = await KafkaCluster.StartAsync();
        using var client = await RawClient.ConnectAsync(open.Gateways[0]);
        var filter = new AclFilter { ResourceType = 1, PatternType = 1, Operation = 1, PermissionType = 1 };
        var acl = new Protocol.Apis.AclBinding { ResourceType = 2, ResourceName = "t", Principal = "User:eve", Host = "*", Operation = 3, PermissionType = 3 };
        Assert.Equal(KafkaError.SecurityDisabled, (await client.AskAsync<CreateAclsRequest, CreateAclsResponse>(new() { Creations = [acl] }, 3)).Results[0].Error);
        Assert.Equal(KafkaError.SecurityDisabled, (await client.AskAsync<DeleteAclsRequest, DeleteAclsResponse>(new() { Filters = [filter] }, 3)).Results[0].Error);
        Assert.Equal(KafkaError.SecurityDisabled, (await client.AskAsync<DescribeAclsRequest, DescribeAclsResponse>(new() { ResourceType = 1, PatternType = 1, Operation = 1, PermissionType = 1 }, 3)).Error);
        var altered = await client.AskAsync<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(new() { Deletions = [new() { User = "eve", Mechanism = 1 }] }, 0);
        Assert.Equal(KafkaError.SecurityDisabled, altered.Results[0].Error);
    }

    /// <summary>It holds verifiers of passwords.</summary>
    [Fact]
    public async Task The_topic_of_the_users_is_out_of_reach_for_whoever_may_do_everything()
    {
        var users = UserStore.Topic.Value;
        await _root.CreateAclsAsync([Acl("User:root", ResourceType.Topic, users, AclOperation.All)]);
        var stored = (await _cluster.Storage.Topics.GetAsync(Namespace.Default, UserStore.Topic)).Topic!;
        using var root = await RawClient.LogInAsync(_cluster.Gateways[0], "root", "all of it");

        foreach (var mayCreate in new[] { false, true })
            Assert.Equal(KafkaError.InvalidTopic, (await root.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = users }], AllowAutoTopicCreation = mayCreate }, 12)).Topics[0].Error);
        Assert.Equal(KafkaError.UnknownTopicId, (await root.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { TopicId = stored.Id }] }, 12)).Topics[0].Error);
        Assert.DoesNotContain((await root.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = null }, 12)).Topics, topic => topic.Name == users);

        var fetched = await root.AskAsync<FetchRequest, FetchResponse>(new() { Topics = [new() { Name = users, Partitions = [new() { MaxBytes = 1 << 20 }] }] }, 11);
        Assert.Equal((KafkaError.UnknownTopicOrPartition, 0), (fetched.Topics[0].Partitions[0].Error, fetched.Topics[0].Partitions[0].Records?.Length ?? 0));
        var byId = await root.AskAsync<FetchRequest, FetchResponse>(new() { Topics = [new() { TopicId = stored.Id, Partitions = [new() { MaxBytes = 1 << 20 }] }] }, 13);
        Assert.Equal(KafkaError.UnknownTopicId, byId.Topics[0].Partitions[0].Error);
        var offsets = await root.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { Topics = [new() { Name = users, Partitions = [new() { TimestampMs = -1 }] }] }, 7);
        Assert.Equal(KafkaError.UnknownTopicOrPartition, offsets.Topics[0].Partitions[0].Error);
        var epochs = await root.AskAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(new() { Topics = [new() { Name = users, Partitions = [new()] }] }, 4);
        Assert.Equal(KafkaError.UnknownTopicOrPartition, epochs.Topics[0].Partitions[0].Error);
        var produced = await root.AskAsync<ProduceRequest, ProduceResponse>(
            new() { Acks = -1, TimeoutMs = 1000, Topics = [new() { Name = users, Partitions = [new() { Records = TestBatch.WithUserKey("key", "value") }] }] }, 9);
        Assert.NotEqual(KafkaError.None, produced.Topics[0].Partitions[0].Error);
        Assert.Equal(KafkaError.InvalidTopic, (await root.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = users, Partitions = 1, ReplicationFactor = 1 }] }, 7)).Topics[0].Error);
        Assert.NotEqual(KafkaError.None, (await root.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = users }] }, 6)).Topics[0].Error);
        Assert.Equal(KafkaError.UnknownTopicId, (await root.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { TopicId = stored.Id }] }, 6)).Topics[0].Error);
        var records = await root.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(new() { Topics = [new() { Name = users, Partitions = [new() { Offset = -1 }] }] }, 2);
        Assert.NotEqual(KafkaError.None, records.Topics[0].Partitions[0].Error);
        var configs = await root.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [new() { Type = ConfigResources.Topic, Name = users }] }, 4);
        Assert.NotEqual(KafkaError.None, configs.Results[0].Error);
        var directories = await root.AskAsync<DescribeLogDirsRequest, DescribeLogDirsResponse>(new() { Topics = [new() { Name = users, Partitions = [0] }] }, 4);
        Assert.Empty(directories.Directories[0].Topics);
        var partitions = await root.AskAsync<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = users, Count = 4 }] }, 3);
        Assert.NotEqual(KafkaError.None, partitions.Results[0].Error);
        var producers = await root.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(new() { Topics = [new() { Name = users, Partitions = [0] }] }, 0);
        Assert.NotEqual(KafkaError.None, producers.Topics[0].Partitions[0].Error);

        // It is as it was.
        Assert.Equal(["All _auth-users"], (await FindAsync("User:root")).Where(static acl => acl.EndsWith("_auth-users", StringComparison.Ordinal)));
        Assert.Equal(stored, (await _cluster.Storage.Topics.GetAsync(Namespace.Default, UserStore.Topic)).Topic);
    }

    private async Task<string[]> FindAsync(string principal) =>
        [.. (await _root.DescribeAclsAsync(Filter(ResourceType.Any, null, AclOperation.Any, principal))).AclBindings.Select(static acl => $"{acl.Entry.Operation} {acl.Pattern.Name}").Order(StringComparer.Ordinal)];

    private static AclBindingFilter Filter(ResourceType type, string? name, AclOperation operation, string? principal = null) => new()
    {
        PatternFilter = new ResourcePatternFilter { Type = type, Name = name, ResourcePatternType = ResourcePatternType.Any },
        EntryFilter = new AccessControlEntryFilter { Principal = principal, Operation = operation, PermissionType = AclPermissionType.Any },
    };

    private static AclBinding Acl(
        string principal, ResourceType type, string name, AclOperation operation, ResourcePatternType pattern = ResourcePatternType.Literal,
        AclPermissionType permission = AclPermissionType.Allow, string host = "*")
    {
        return new()
        {
            Pattern = new ResourcePattern { Type = type, Name = name, ResourcePatternType = pattern },
            Entry = new AccessControlEntry { Principal = principal, Host = host, Operation = operation, PermissionType = permission },
        };
    }
}
