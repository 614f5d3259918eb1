using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;
using ScramMechanism = RobustMQ.GatewayKit.Identity.Scram.ScramMechanism;
using ScramVerifier = RobustMQ.GatewayKit.Identity.Scram.ScramVerifier;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Who may log in, how, and what they may do then. Users are those of every protocol.</summary>
public sealed class SecurityTests : IAsyncLifetime
{
    private KafkaCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var verifier = ScramVerifier.Create(ScramMechanism.Sha512, "kept apart");
        _cluster = await KafkaCluster.StartAsync(
            1,
            "--auth:users:0:name", "root", "--auth:users:0:password", "all of it",
            "--auth:users:1:name", "ann", "--auth:users:1:password", "secret", "--auth:users:1:token", "a-token",
            "--auth:users:1:permissions:publish", "orders,anns.>", "--auth:users:1:permissions:subscribe", "orders",
            "--auth:users:3:name", "cat", "--auth:users:3:password", "secret",
            "--auth:users:3:permissions:publish", "cats.>", "--auth:users:3:permissions:subscribe", "late",
            "--auth:users:2:name", "bob",
            "--auth:users:2:scram",
            $"SCRAM-SHA-512${verifier.Iterations}:{Convert.ToBase64String(verifier.Salt)}${Convert.ToBase64String(verifier.StoredKey)}:{Convert.ToBase64String(verifier.ServerKey)}");
        using var admin = _cluster.Admin(static config => LogIn(config, SaslMechanism.Plain, "root", "all of it"));
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "orders", NumPartitions = 1 }, new TopicSpecification { Name = "others", NumPartitions = 1 }]);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(SaslMechanism.Plain, "ann", "secret")]
    [InlineData(SaslMechanism.ScramSha256, "ann", "secret")]
    [InlineData(SaslMechanism.ScramSha512, "ann", "secret")]
    [InlineData(SaslMechanism.ScramSha512, "bob", "kept apart")]
    public async Task A_user_logs_in_and_produces(SaslMechanism mechanism, string user, string password)
    {
        using var producer = _cluster.Producer(config => LogIn(config, mechanism, user, password));
        Assert.Equal(PersistenceStatus.Persisted, (await producer.ProduceAsync("orders", new Message<byte[], byte[]> { Value = Bytes("x") })).Status);
    }

    [Theory]
    [InlineData(SaslMechanism.Plain, "ann", "wrong")]
    [InlineData(SaslMechanism.ScramSha256, "ann", "wrong")]
    [InlineData(SaslMechanism.ScramSha512, "nobody", "secret")]
    [InlineData(SaslMechanism.ScramSha256, "bob", "kept apart")]
    public async Task Whoever_cannot_prove_itself_is_turned_away(SaslMechanism mechanism, string user, string password)
    {
        using var admin = _cluster.Admin(config => LogIn(config, mechanism, user, password));
        await Assert.ThrowsAnyAsync<KafkaException>(() => admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = TimeSpan.FromSeconds(2) }));
    }

    [Theory]
    [InlineData("anns.shop", "orders", null)]
    [InlineData("bobs.shop", "orders", ErrorCode.TransactionalIdAuthorizationFailed)]
    [InlineData("anns.shop", "others", ErrorCode.TopicAuthorizationFailed)]
    public async Task Transactions_are_for_whoever_may_publish_to_the_name_of_their_id(string id, string topic, ErrorCode? refusal)
    {
        using var producer = _cluster.Producer(config =>
        {
            LogIn(config, SaslMechanism.Plain, "ann", "secret");
            config.TransactionalId = id;
        });
        var run = async () =>
        {
            producer.InitTransactions(TimeSpan.FromSeconds(20));
            producer.BeginTransaction();
            await producer.ProduceAsync(topic, new Message<byte[], byte[]> { Value = Bytes("x") });
            producer.CommitTransaction(TimeSpan.FromSeconds(20));
        };
        if (refusal is null)
            await run();
        else
            Assert.Equal(refusal, (await Assert.ThrowsAnyAsync<KafkaException>(run)).Error.Code);
    }

    [Theory]
    [InlineData("anns.shop", KafkaError.InvalidProducerIdMapping)]
    [InlineData("bobs.shop", KafkaError.TransactionalIdAuthorizationFailed)]
    [InlineData(null, KafkaError.TransactionalIdAuthorizationFailed)]
    public async Task A_batch_of_a_transaction_is_taken_from_whoever_may_use_its_id(string? id, KafkaError refusal)
    {
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new SaslHandshakeRequest { Mechanism = "PLAIN" }, 1);
        var login = await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new SaslAuthenticateRequest { Message = Bytes("\0ann\0secret") }, 2);
        Assert.Equal(KafkaError.None, login.Error);
        var batch = TestBatch.WithUserKey("key", "value");
        TestBatch.MakeTransactional(batch, 7, 0, 0);
        var request = new ProduceRequest { TransactionalId = id, Acks = -1, TimeoutMs = 1000, Topics = [new() { Name = "orders", Partitions = [new() { Records = batch }] }] };
        Assert.Equal(refusal, (await client.AskAsync<ProduceRequest, ProduceResponse>(request, 9)).Topics[0].Partitions[0].Error);
    }

    [Theory]
    [InlineData("late", false, KafkaError.UnknownTopicOrPartition)]
    [InlineData("late", true, KafkaError.TopicAuthorizationFailed)]
    [InlineData("hidden", false, KafkaError.TopicAuthorizationFailed)]
    [InlineData("cats.own", false, KafkaError.UnknownTopicOrPartition)]
    [InlineData("cats.own", true, KafkaError.None)]
    public async Task Who_may_read_a_topic_that_is_yet_to_come_waits_for_it(string topic, bool mayCreate, KafkaError expected)
    {
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new SaslHandshakeRequest { Mechanism = "PLAIN" }, 1);
        await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new SaslAuthenticateRequest { Message = Bytes("\0cat\0secret") }, 2);
        var request = new MetadataRequest { Topics = [new() { Name = topic }], AllowAutoTopicCreation = mayCreate };
        Assert.Equal(expected, Assert.Single((await client.AskAsync<MetadataRequest, MetadataResponse>(request, 9)).Topics).Error);
    }

    [Fact]
    public async Task Who_may_not_know_of_a_topic_cannot_find_out_whether_there_is_one()
    {
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new SaslHandshakeRequest { Mechanism = "PLAIN" }, 1);
        await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new SaslAuthenticateRequest { Message = Bytes("\0cat\0secret") }, 2);
        foreach (var (topic, partition) in new[] { ("others", 0), ("others", 9), ("absent", 0) })
        {
            var offsets = await client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { Topics = [new() { Name = topic, Partitions = [new() { Index = partition, TimestampMs = -1 }] }] }, 7);
            var epochs = await client.AskAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(new() { Topics = [new() { Name = topic, Partitions = [new() { Index = partition }] }] }, 4);
            var fetched = await client.AskAsync<FetchRequest, FetchResponse>(new() { Topics = [new() { Name = topic, Partitions = [new() { Index = partition }] }] }, 11);
            var configs = await client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [new() { Type = 2, Name = topic }] }, 4);
            var deleted = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = topic }] }, 6);
            Assert.All(
                [offsets.Topics[0].Partitions[0].Error, epochs.Topics[0].Partitions[0].Error, fetched.Topics[0].Partitions[0].Error, configs.Results[0].Error, deleted.Topics[0].Error],
                static error => Assert.Equal(KafkaError.TopicAuthorizationFailed, error));
        }
    }

    [Fact]
    public async Task A_token_logs_in_by_itself()
    {
        var config = new ProducerConfig { BootstrapServers = _cluster.Bootstrap, MessageTimeoutMs = 20_000, SecurityProtocol = SecurityProtocol.SaslPlaintext, SaslMechanism = SaslMechanism.OAuthBearer };
        using var producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { })
            .SetOAuthBearerTokenRefreshHandler(static (client, _) => client.OAuthBearerSetToken("a-token", DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds(), "ann")).Build();
        Assert.Equal(PersistenceStatus.Persisted, (await producer.ProduceAsync("orders", new Message<byte[], byte[]> { Value = Bytes("x") })).Status);
    }

    [Fact]
    public async Task A_user_writes_and_reads_what_its_permissions_say_and_nothing_else()
    {
        using var producer = _cluster.Producer(static config => LogIn(config, SaslMechanism.Plain, "ann", "secret"));
        var refusal = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(() => producer.ProduceAsync("others", new Message<byte[], byte[]> { Value = Bytes("x") }));
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, refusal.Error.Code);
        // It may write this one, and not read it.
        await producer.ProduceAsync("anns.own", new Message<byte[], byte[]> { Value = Bytes("x") });
        using var consumer = _cluster.Consumer(static config => LogIn(config, SaslMechanism.Plain, "ann", "secret"));
        consumer.Assign(new TopicPartitionOffset("anns.own", 0, 0));
        var unreadable = Assert.Throws<ConsumeException>(() => consumer.Consume(TimeSpan.FromSeconds(20)));
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, unreadable.Error.Code);
    }

    [Fact]
    public async Task Permissions_are_shown_as_acls_to_those_who_may_do_everything()
    {
        using var admin = _cluster.Admin(static config => LogIn(config, SaslMechanism.Plain, "root", "all of it"));
        var found = await admin.DescribeAclsAsync(new AclBindingFilter
        {
            PatternFilter = new ResourcePatternFilter { Type = ResourceType.Any, ResourcePatternType = ResourcePatternType.Any },
            EntryFilter = new AccessControlEntryFilter { Principal = "User:ann", Operation = AclOperation.Any, PermissionType = AclPermissionType.Any },
        });
        Assert.Equal(
            ["Literal orders Read", "Literal orders Write", "Prefixed anns. Write"],
            found.AclBindings.Select(static acl => $"{acl.Pattern.ResourcePatternType} {acl.Pattern.Name} {acl.Entry.Operation}").Order(StringComparer.Ordinal));

        var kept = await Assert.ThrowsAsync<DeleteAclsException>(() => admin.DeleteAclsAsync([found.AclBindings[0].ToFilter()]));
        Assert.All(kept.Results, static result => Assert.Equal(ErrorCode.PolicyViolation, result.Error.Code));

        using var restricted = _cluster.Admin(static config => LogIn(config, SaslMechanism.Plain, "ann", "secret"));
        var hidden = await restricted.DescribeAclsAsync(new AclBindingFilter
        {
            PatternFilter = new ResourcePatternFilter { Type = ResourceType.Any, ResourcePatternType = ResourcePatternType.Any },
            EntryFilter = new AccessControlEntryFilter { Operation = AclOperation.Any, PermissionType = AclPermissionType.Any },
        });
        Assert.Empty(hidden.AclBindings);
    }

    [Fact]
    public async Task Whoever_asks_is_told_what_it_may_do()
    {
        using var admin = _cluster.Admin(static config => LogIn(config, SaslMechanism.Plain, "root", "all of it"));
        using var restricted = _cluster.Admin(static config => LogIn(config, SaslMechanism.Plain, "ann", "secret"));
        var ofCluster = new DescribeClusterOptions { IncludeAuthorizedOperations = true };
        Assert.Contains(AclOperation.AlterConfigs, (await admin.DescribeClusterAsync(ofCluster)).AuthorizedOperations);
        Assert.Equal([AclOperation.Describe, AclOperation.DescribeConfigs, AclOperation.IdempotentWrite], (await restricted.DescribeClusterAsync(ofCluster)).AuthorizedOperations.Order());

        var ofTopic = new DescribeTopicsOptions { IncludeAuthorizedOperations = true };
        await restricted.CreateTopicsAsync([new TopicSpecification { Name = "anns.own", NumPartitions = 1 }]);
        var own = await restricted.DescribeTopicsAsync(TopicCollection.OfTopicNames(["anns.own"]), ofTopic);
        Assert.Contains(AclOperation.Write, own.TopicDescriptions[0].AuthorizedOperations);
        Assert.DoesNotContain(AclOperation.Read, own.TopicDescriptions[0].AuthorizedOperations);
        var all = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(["anns.own"]), ofTopic);
        Assert.Contains(AclOperation.Read, all.TopicDescriptions[0].AuthorizedOperations);
        var untold = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(["anns.own"]), new DescribeTopicsOptions());
        Assert.True(untold.TopicDescriptions[0].AuthorizedOperations is null or { Count: 0 });
    }

    [Fact]
    public async Task Scram_credentials_are_shown_by_their_cost()
    {
        using var admin = _cluster.Admin(static config => LogIn(config, SaslMechanism.Plain, "root", "all of it"));
        var described = await admin.DescribeUserScramCredentialsAsync(["ann", "bob"]);
        Assert.Equal(
            ["ann: ScramSha256, ScramSha512", "bob: ScramSha512"],
            described.UserScramCredentialsDescriptions.Select(static user => $"{user.User}: {string.Join(", ", user.ScramCredentialInfos.Select(static info => info.Mechanism).Order())}").Order(StringComparer.Ordinal));
    }
}
