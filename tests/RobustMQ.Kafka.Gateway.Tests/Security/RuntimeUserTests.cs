using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;
using ScramMechanism = Confluent.Kafka.Admin.ScramMechanism;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>Users that librdkafka's admin client makes while two gateways run: who they are, what they may do, and when that ends.</summary>
public sealed class RuntimeUserTests : IAsyncLifetime
{
    private static readonly string[] Flags =
    [
        "--auth:users:0:name", "root", "--auth:users:0:password", "all of it",
        "--auth:users:1:name", "ann", "--auth:users:1:password", "secret", "--auth:users:1:permissions:publish", "anns.>",
        "--auth:users:2:name", "far", "--auth:users:2:password", "secret", "--auth:users:2:namespace", "other",
    ];

    private KafkaCluster _cluster = null!;
    private IAdminClient _root = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(2, LogInAsRoot, Flags);
        _root = _cluster.Admin(LogInAsRoot);
        await _root.CreateTopicsAsync([new TopicSpecification { Name = "orders", NumPartitions = 1 }]);
    }

    public async Task DisposeAsync()
    {
        _root.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(ScramMechanism.ScramSha256, SaslMechanism.ScramSha256)]
    [InlineData(ScramMechanism.ScramSha512, SaslMechanism.ScramSha512)]
    [InlineData(ScramMechanism.ScramSha256, SaslMechanism.Plain)]
    public async Task A_new_user_logs_in_and_produces_and_consumes_what_it_was_granted(ScramMechanism made, SaslMechanism mechanism)
    {
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "her password", made)]);
        using var producer = _cluster.Producer(config =>
        {
            LogIn(config, mechanism, "eve", "her password");
            config.MessageTimeoutMs = 5000;
        });
        await Eventually.TrueAsync(async () => await ProduceAsync(producer, "orders") == ErrorCode.TopicAuthorizationFailed, "it is known, and refused");

        await _root.CreateAclsAsync([Acl("eve", "orders", AclOperation.Write), Acl("eve", "ord", AclOperation.Read, ResourcePatternType.Prefixed), Acl("eve", "eves", AclOperation.Read, type: ResourceType.Group)]);
        await Eventually.TrueAsync(async () => await ProduceAsync(producer, "orders") == ErrorCode.NoError, "it may write what it was granted");

        using var consumer = _cluster.Consumer(config =>
        {
            LogIn(config, mechanism, "eve", "her password");
            config.GroupId = "eves";
        });
        consumer.Subscribe("orders");
        Assert.Equal("x", Text(consumer.Consume(TimeSpan.FromSeconds(20)).Message.Value));
        consumer.Close();
    }

    [Fact]
    public async Task What_is_changed_at_one_gateway_holds_at_the_other_for_who_is_connected()
    {
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "her password")]);
        using var one = await RawClient.LogInAsync(_cluster.Gateways[0], "root", "all of it");
        using var eve = await LogInEventuallyAsync(_cluster.Gateways[1], "eve", "her password");
        Assert.Equal(KafkaError.TopicAuthorizationFailed, await AskForAsync(eve, "orders"));

        var acl = new Protocol.Apis.AclBinding { ResourceType = 2, ResourceName = "orders", PatternType = 3, Principal = "User:eve", Host = "*", Operation = 3, PermissionType = 3 };
        var created = await one.AskAsync<CreateAclsRequest, CreateAclsResponse>(new() { Creations = [acl, acl] }, 3);
        Assert.All(created.Results, static result => Assert.Equal(KafkaError.None, result.Error));
        await Eventually.TrueAsync(async () => await AskForAsync(eve, "orders") == KafkaError.None, "the other gateway follows");

        var filter = new AclFilter { ResourceType = 1, PatternType = 1, Principal = "User:eve", Operation = 1, PermissionType = 1 };
        var deleted = await one.AskAsync<DeleteAclsRequest, DeleteAclsResponse>(new() { Filters = [filter, filter] }, 3);
        // It was one, though it was made twice, and it is told to both filters that match it.
        Assert.All(deleted.Results, static result => Assert.Equal("orders", Assert.Single(result.Matches).Acl.ResourceName));
        await Eventually.TrueAsync(async () => await AskForAsync(eve, "orders") == KafkaError.TopicAuthorizationFailed, "what was taken back is refused");

        await _root.AlterUserScramCredentialsAsync([new UserScramCredentialDeletion { User = "eve", Mechanism = ScramMechanism.ScramSha256 }]);
        await Eventually.TrueAsync(async () => await IsServedAsync(eve) is false, "the connection of a user who is no more ends");
        using var again = await RawClient.ConnectAsync(_cluster.Gateways[1]);
        await again.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, 1);
        Assert.Equal(KafkaError.SaslAuthenticationFailed, (await again.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { Message = Bytes("\0eve\0her password") }, 2)).Error);
    }

    [Fact]
    public async Task Users_and_grants_are_there_again_after_everything_was_stopped()
    {
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "her password", ScramMechanism.ScramSha512), Upsert("gone", "x")]);
        await _root.AlterUserScramCredentialsAsync([new UserScramCredentialDeletion { User = "gone", Mechanism = ScramMechanism.ScramSha256 }]);
        await _root.CreateAclsAsync([Acl("eve", "orders", AclOperation.Write), Acl("eve", "others", AclOperation.Write)]);
        await _root.DeleteAclsAsync([Acl("eve", "others", AclOperation.Write).ToFilter()]);
        await _cluster.RestartAsync(2, Flags);

        using var root = _cluster.Admin(LogInAsRoot);
        Assert.Equal(["eve orders Write"], await GrantsOfAsync(root));
        Assert.DoesNotContain((await root.DescribeUserScramCredentialsAsync([])).UserScramCredentialsDescriptions, static user => user.User == "gone");
        using var producer = _cluster.Producer(static config => LogIn(config, SaslMechanism.ScramSha512, "eve", "her password"));
        Assert.Equal(ErrorCode.NoError, await ProduceAsync(producer, "orders"));
    }

    [Fact]
    public async Task Another_password_takes_the_place_of_the_first()
    {
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "first")]);
        using var first = await LogInEventuallyAsync(_cluster.Gateways[0], "eve", "first");
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "second")]);
        using var second = await LogInEventuallyAsync(_cluster.Gateways[0], "eve", "second");
        Assert.True(await IsServedAsync(second));
        Assert.Null(await TryLogInAsync(_cluster.Gateways[0], "eve", "first"));
    }

    [Fact]
    public async Task Credentials_are_made_and_deleted_together_and_told_of_by_their_cost()
    {
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "x", ScramMechanism.ScramSha256, 5000)]);
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "y", ScramMechanism.ScramSha512, 6000), new UserScramCredentialDeletion { User = "eve", Mechanism = ScramMechanism.ScramSha256 }]);
        await Eventually.TrueAsync(async () => await DescribeAsync() == "ScramSha512 6000", "what is left is told");

        var missing = await Assert.ThrowsAsync<AlterUserScramCredentialsException>(() => _root.AlterUserScramCredentialsAsync(
            [new UserScramCredentialDeletion { User = "eve", Mechanism = ScramMechanism.ScramSha256 }, Upsert("kim", "z")]));
        Assert.Equal(
            [("eve", ErrorCode.ResourceNotFound), ("kim", ErrorCode.NoError)],
            missing.Results.Select(static result => (result.User, result.Error.Code)).OrderBy(static result => result.User, StringComparer.Ordinal));

        async Task<string> DescribeAsync() => string.Join(", ", (await _root.DescribeUserScramCredentialsAsync(["eve"])).UserScramCredentialsDescriptions[0].ScramCredentialInfos
            .Select(static info => $"{info.Mechanism} {info.Iterations}"));
    }

    [Theory]
    [InlineData("ann")]
    [InlineData("far")]
    public async Task A_user_of_the_configuration_is_not_changed(string user)
    {
        var refused = await Assert.ThrowsAsync<AlterUserScramCredentialsException>(() => _root.AlterUserScramCredentialsAsync([Upsert(user, "mine now")]));
        Assert.Equal(ErrorCode.PolicyViolation, refused.Results[0].Error.Code);
        Assert.Contains("auth:users", refused.Results[0].Error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Namespaces_have_users_and_grants_of_their_own()
    {
        await _root.AlterUserScramCredentialsAsync([Upsert("eve", "x")]);
        await _root.CreateAclsAsync([Acl("eve", "orders", AclOperation.Write)]);
        using var far = await RawClient.LogInAsync(_cluster.Gateways[0], "far", "secret");
        // Both gateways know the user before somebody else asks for its name.
        foreach (var gateway in _cluster.Gateways)
            (await LogInEventuallyAsync(gateway, "eve", "x")).Dispose();
        var taken = await far.AskAsync<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(
            new() { Upsertions = [new() { User = "eve", Mechanism = 1, Iterations = 4096, Salt = new byte[16], SaltedPassword = new byte[32] }, new() { User = "ann", Mechanism = 1, Iterations = 4096, Salt = new byte[16], SaltedPassword = new byte[32] }] }, 0);
        Assert.All(taken.Results, static result => Assert.Equal(KafkaError.PolicyViolation, result.Error));
        // Whether it is configured or in another namespace is not told.
        Assert.Single(taken.Results.Select(static result => result.ErrorMessage).Distinct());
        var all = new DescribeAclsRequest { ResourceType = 1, PatternType = 1, Operation = 1, PermissionType = 1 };
        Assert.DoesNotContain((await far.AskAsync<DescribeAclsRequest, DescribeAclsResponse>(all, 3)).Resources, static resource => resource.Name == "orders");
        var deleted = await far.AskAsync<DeleteAclsRequest, DeleteAclsResponse>(new() { Filters = [new() { ResourceType = 1, PatternType = 1, Principal = "User:eve", Operation = 1, PermissionType = 1 }] }, 3);
        Assert.Equal((KafkaError.None, 0), (deleted.Results[0].Error, deleted.Results[0].Matches.Count));
        Assert.Equal(["eve orders Write"], await GrantsOfAsync(_root));
    }

    [Fact]
    public async Task Bad_credentials_are_refused_each_for_itself()
    {
        using var root = await RawClient.LogInAsync(_cluster.Gateways[0], "root", "all of it");
        var answered = await root.AskAsync<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(
            new()
            {
                Deletions = [new() { User = "nobody", Mechanism = 1 }, new() { User = "twice", Mechanism = 1 }],
                Upsertions =
                [
                    Good(""), Good("*"), Good(new string('n', StoredUser.NameBytesMax + 1)), Good("fine"), Good("twice"),
                    new() { User = "few", Mechanism = 1, Iterations = 1, Salt = new byte[16], SaltedPassword = new byte[32] },
                    new() { User = "unknown", Mechanism = 9, Iterations = 4096, Salt = new byte[16], SaltedPassword = new byte[32] },
                ],
            },
            0);
        Assert.Equal(
            [
                ("nobody", KafkaError.ResourceNotFound), ("twice", KafkaError.DuplicateResource), ("", KafkaError.UnacceptableCredential), ("*", KafkaError.UnacceptableCredential),
                ("fine", KafkaError.None), ("few", KafkaError.UnacceptableCredential), ("unknown", KafkaError.UnsupportedSaslMechanism),
            ],
            answered.Results.Where(static result => result.User.Length < 20).Select(static result => (result.User, result.Error)));
        Assert.Equal(KafkaError.UnacceptableCredential, Assert.Single(answered.Results, static result => result.User.Length > StoredUser.NameBytesMax).Error);

        static AlterUserScramCredentialsRequest.Upsertion Good(string user) => new() { User = user, Mechanism = 1, Iterations = 4096, Salt = new byte[16], SaltedPassword = new byte[32] };
    }

    /// <summary>Everything that was granted at run time, from whichever gateway is asked.</summary>
    private static async Task<string[]> GrantsOfAsync(IAdminClient admin)
    {
        var any = new AclBindingFilter
        {
            PatternFilter = new ResourcePatternFilter { Type = ResourceType.Any, ResourcePatternType = ResourcePatternType.Any },
            EntryFilter = new AccessControlEntryFilter { Principal = "User:eve", Operation = AclOperation.Any, PermissionType = AclPermissionType.Any },
        };
        return [.. (await admin.DescribeAclsAsync(any)).AclBindings.Select(static acl => $"{acl.Entry.Principal[5..]} {acl.Pattern.Name} {acl.Entry.Operation}").Order(StringComparer.Ordinal)];
    }

    private static async Task<ErrorCode> ProduceAsync(IProducer<byte[], byte[]> producer, string topic)
    {
        try
        {
            await producer.ProduceAsync(topic, new Message<byte[], byte[]> { Value = Bytes("x") });
            return ErrorCode.NoError;
        }
        catch (ProduceException<byte[], byte[]> error)
        {
            return error.Error.Code;
        }
    }

    private static async Task<KafkaError> AskForAsync(RawClient client, string topic) =>
        (await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = topic }] }, 9)).Topics[0].Error;

    /// <returns>False: the gateway has hung up.</returns>
    private static async Task<bool> IsServedAsync(RawClient client)
    {
        try
        {
            await client.SendAsync(RawClient.Frame(new MetadataRequest { Topics = [] }, 9));
            return await client.ReceiveAsync() is not null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<RawClient> LogInEventuallyAsync(KafkaGateway gateway, string user, string password)
    {
        RawClient? client = null;
        await Eventually.TrueAsync(async () => (client = await TryLogInAsync(gateway, user, password)) is not null, $"{user} is known");
        return client!;
    }

    private static async Task<RawClient?> TryLogInAsync(KafkaGateway gateway, string user, string password)
    {
        var client = await RawClient.ConnectAsync(gateway);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, 1);
        if ((await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { Message = Bytes($"\0{user}\0{password}") }, 2)).Error == KafkaError.None)
            return client;
        client.Dispose();
        return null;
    }

    private static UserScramCredentialUpsertion Upsert(string user, string password, ScramMechanism mechanism = ScramMechanism.ScramSha256, int iterations = 4096) =>
        new() { User = user, Password = Bytes(password), ScramCredentialInfo = new ScramCredentialInfo { Mechanism = mechanism, Iterations = iterations } };

    private static Confluent.Kafka.Admin.AclBinding Acl(
        string user, string name, AclOperation operation, ResourcePatternType pattern = ResourcePatternType.Literal, ResourceType type = ResourceType.Topic)
    {
        return new()
        {
            Pattern = new ResourcePattern { Type = type, Name = name, ResourcePatternType = pattern },
            Entry = new AccessControlEntry { Principal = $"User:{user}", Host = "*", Operation = operation, PermissionType = AclPermissionType.Allow },
        };
    }

    private static void LogInAsRoot(ClientConfig config) => LogIn(config, SaslMechanism.Plain, "root", "all of it");
}
