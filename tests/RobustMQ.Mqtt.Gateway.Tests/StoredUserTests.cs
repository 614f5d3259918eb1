using MQTTnet;
using MQTTnet.Formatter;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.GatewayKit.Tests.Identity.Stored;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;
using static RobustMQ.GatewayKit.Tests.Identity.Stored.StoreChanges;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>Users and grants made at run time: what the store of one gateway's process changes holds for the clients of the other.</summary>
public sealed class StoredUserTests : IAsyncLifetime
{
    private static readonly string[] Root = ["--auth:users:0:name", "root", "--auth:users:0:password", "r"];
    private static readonly Grant Everything = Allow(Grant.AnyName, GrantOperation.All);

    private GatewayFixture _fixture = null!;
    private MqttGateway _gateway = null!;

    /// <summary>Of the first process; the clients are the other's.</summary>
    private UserStore Store => _fixture.Stores[0];

    public async Task InitializeAsync()
    {
        _fixture = await GatewayFixture.StartAsync(Root);
        _gateway = await _fixture.AddGatewayAsync(Root);
    }

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task A_new_user_may_do_what_it_is_granted_from_then_on_and_nothing_before()
    {
        await Store.PutAsync("ann", "a");
        using var client = await LoginAsync("ann", "a");
        Assert.Equal("SUBACK 77 NotAuthorized", await client.SubscribeAsync("t"));
        await client.PublishAsync("t", "x", qos: 1, id: 1);
        Assert.Equal("PUBACK 1 NotAuthorized", await client.ReadAsync());

        await Store.GrantAsync("ann", Allow("t", GrantOperation.Read), Allow("t", GrantOperation.Write));

        await Poll.UntilAsync(async () => await client.SubscribeAsync("t") == "SUBACK 77 Success");
        await client.PublishAsync("t", "y", qos: 1, id: 2);
        string[] heard = [await client.ReadAsync(), await client.ReadAsync()];
        Assert.Contains("PUBLISH t y", heard);
        Assert.Contains("PUBACK 2 Success", heard);
    }

    [Theory]
    [InlineData(MqttVersion.V5, "DISCONNECT AdministrativeAction")]
    [InlineData(MqttVersion.V311, "closed")]
    public async Task A_denial_ends_the_sessions_of_its_user_which_may_come_back_without_it(MqttVersion version, string end)
    {
        await Store.GrantAsync("ann", Everything);
        await Store.PutAsync("ann", "a");
        await Store.PutAsync("bob", "b");
        using var ann = await LoginAsync("ann", "a", version, new TestConnect { ClientId = "ann", CleanStart = false, Properties = Expiry(version) });
        using var bob = await LoginAsync("bob", "b", version);
        using var root = await LoginAsync("root", "r", version);
        await ann.SubscribeAsync("secret", qos: 1);
        await ann.SubscribeAsync("open", qos: 1);
        await ann.SubscribeAsync("#", qos: 1);

        await Store.GrantAsync("ann", Everything, Deny("secret", GrantOperation.All));

        Assert.Equal(end, await ann.ReadAsync());
        await root.PublishAsync("secret", "1", qos: 1, id: 1);
        await root.PublishAsync("open", "2", qos: 1, id: 2);
        Assert.StartsWith("PUBACK 1", await root.ReadAsync());
        Assert.StartsWith("PUBACK 2", await root.ReadAsync());
        using var again = await LoginAsync("ann", "a", version, new TestConnect { ClientId = "ann", CleanStart = false, Properties = Expiry(version) }, isPresent: true);
        // It was gathered for the session while nobody asked.
        Assert.StartsWith("PUBLISH open 2 qos=1", await again.ReadAsync());
        Assert.Equal("SUBACK 77 " + (version == MqttVersion.V5 ? "NotAuthorized" : "UnspecifiedError"), await again.SubscribeAsync("secret"));
        await bob.SendAsync(0xC0, 0);
        Assert.Equal("PINGRESP", await bob.ReadAsync());
    }

    [Fact]
    public async Task A_message_that_was_under_way_is_not_sent_again_to_who_may_not_have_it()
    {
        await Store.GrantAsync("ann", Allow("secret", GrantOperation.Read), Allow("open", GrantOperation.Read));
        await Store.PutAsync("ann", "a");
        using var root = await LoginAsync("root", "r");
        await root.PublishAsync("open", "kept", qos: 1, retain: true, id: 3);
        await root.ReadAsync();
        await root.PublishAsync("secret", "kept", qos: 1, retain: true, id: 4);
        await root.ReadAsync();
        var connect = new TestConnect { ClientId = "ann", CleanStart = false, Properties = Expiry(MqttVersion.V5) };
        using var ann = await LoginAsync("ann", "a", connect: connect);
        await ann.SubscribeAsync("secret", qos: 1);
        Assert.StartsWith("PUBLISH secret kept qos=1", await ann.ReadAsync());
        await ann.SubscribeAsync("open", qos: 1);
        Assert.StartsWith("PUBLISH open kept qos=1", await ann.ReadAsync());
        await root.PublishAsync("secret", "1", qos: 1, id: 1);
        Assert.StartsWith("PUBLISH secret 1 qos=1", await ann.ReadAsync());
        await root.PublishAsync("open", "2", qos: 1, id: 2);
        Assert.StartsWith("PUBLISH open 2 qos=1", await ann.ReadAsync());

        await Store.GrantAsync("ann", Allow("open", GrantOperation.Read));

        Assert.Equal("DISCONNECT AdministrativeAction", await ann.ReadAsync());
        using var again = await LoginAsync("ann", "a", connect: connect, isPresent: true);
        string[] heard = [await again.ReadAsync(), await again.ReadAsync()];
        Assert.Single(heard, static line => line.StartsWith("PUBLISH open kept qos=1", StringComparison.Ordinal));
        Assert.Single(heard, static line => line.StartsWith("PUBLISH open 2 qos=1", StringComparison.Ordinal));
        await again.SendAsync(0xC0, 0);
        Assert.Equal("PINGRESP", await again.ReadAsync());
    }

    [Fact]
    public async Task A_user_that_is_gone_or_has_another_password_is_thrown_out_and_cannot_log_in()
    {
        await Store.PutAsync("ann", "a");
        await Store.PutAsync("bob", "b");
        using var ann = await LoginAsync("ann", "a");
        using var bob = await LoginAsync("bob", "b");
        using var root = await LoginAsync("root", "r");

        await Store.PutAsync("ann", "another");
        Assert.Equal("DISCONNECT AdministrativeAction", await ann.ReadAsync());
        Assert.Equal("CONNACK 0 BadUserNameOrPassword", await TryLoginAsync("ann", "a"));

        await Store.RemoveAsync("bob");
        Assert.Equal("DISCONNECT NotAuthorized", await bob.ReadAsync());
        Assert.Equal("CONNACK 0 BadUserNameOrPassword", await TryLoginAsync("bob", "b"));

        await root.SendAsync(0xC0, 0);
        Assert.Equal("PINGRESP", await root.ReadAsync());
    }

    [Fact]
    public async Task A_will_is_published_only_where_its_user_still_may()
    {
        foreach (var user in (string[])["ann", "bob", "carl"])
        {
            await Store.GrantAsync(user, Everything);
            await Store.PutAsync(user, "p");
        }
        using var root = await LoginAsync("root", "r");
        await root.SubscribeAsync("will/+");
        using var ann = await LoginAsync("ann", "p", connect: new TestConnect { WillTopic = "will/ann", WillPayload = "x" });
        using var bob = await LoginAsync("bob", "p", connect: new TestConnect { WillTopic = "will/bob", WillPayload = "x" });
        using var carl = await LoginAsync("carl", "p", connect: new TestConnect { WillTopic = "will/carl", WillPayload = "x" });

        await Store.RemoveAsync("ann");
        Assert.Equal("DISCONNECT NotAuthorized", await ann.ReadAsync());
        await EndAsync(ann);
        await Store.GrantAsync("bob", Everything, Deny("will.bob", GrantOperation.Write));
        Assert.Equal("DISCONNECT AdministrativeAction", await bob.ReadAsync());
        await EndAsync(bob);
        await Store.GrantAsync("carl", Everything, Deny("will.bob", GrantOperation.Write));
        Assert.Equal("DISCONNECT AdministrativeAction", await carl.ReadAsync());

        Assert.Equal("PUBLISH will/carl x", await root.ReadAsync());
    }

    [Fact]
    public async Task A_will_that_waits_is_published_only_where_its_user_still_may()
    {
        await Store.GrantAsync("ann", Everything);
        await Store.PutAsync("ann", "p");
        using var root = await LoginAsync("root", "r");
        await root.SubscribeAsync("will/+");
        foreach (var (user, password, delay) in new[] { ("ann", "p", 1u), ("root", "r", 2u) })
        {
            var connect = new TestConnect { ClientId = user, CleanStart = false, Properties = Expiry(MqttVersion.V5), WillTopic = $"will/{user}", WillPayload = "x", WillDelay = delay };
            using var client = await LoginAsync(user, password, connect: connect);
            await client.DisconnectAsync(ReasonCode.DisconnectWithWill);
            await EndAsync(client);
        }

        await Store.RemoveAsync("ann");

        // It was due after the other one.
        Assert.Equal("PUBLISH will/root x", await root.ReadAsync());
    }

    [Fact]
    public async Task Grants_of_a_prefix_hold_for_publishing_subscribing_and_deliveries()
    {
        await Store.GrantAsync("ann", Allow("orders-", GrantOperation.All) with { IsPrefix = true }, Deny("orders-eu.s", GrantOperation.All) with { IsPrefix = true });
        await Store.PutAsync("ann", "a");
        using var ann = await LoginAsync("ann", "a");
        using var root = await LoginAsync("root", "r");

        Assert.Equal("SUBACK 77 Success", await ann.SubscribeAsync("orders-eu/+"));
        Assert.Equal("SUBACK 77 NotAuthorized", await ann.SubscribeAsync("+/1"));
        Assert.Equal("SUBACK 77 NotAuthorized", await ann.SubscribeAsync("orders-eu/secret/#"));
        foreach (var (topic, reason) in new[] { ("orders-eu", "NoMatchingSubscribers"), ("orders", "NotAuthorized"), ("orders-eu/secret", "NotAuthorized") })
        {
            await ann.PublishAsync(topic, "x", qos: 1, id: 1);
            Assert.Equal($"PUBACK 1 {reason}", await ann.ReadAsync());
        }
        await root.PublishAsync("orders-eu/secret", "x");
        await root.PublishAsync("orders-eu/1", "y");
        Assert.Equal("PUBLISH orders-eu/1 y", await ann.ReadAsync());
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task A_client_of_the_field_logs_in_and_is_told_why_it_has_to_go(MqttProtocolVersion version)
    {
        await Store.PutAsync("ann", "a");
        using (await LoginAsync("ann", "a"))
        {
        }
        using var client = new MqttClientFactory().CreateMqttClient();
        var ended = new TaskCompletionSource<MqttClientDisconnectedEventArgs>();
        client.DisconnectedAsync += args =>
        {
            ended.TrySetResult(args);
            return Task.CompletedTask;
        };
        var endPoint = GatewayFixture.EndPointOf(_gateway);
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer(endPoint.Address.ToString(), endPoint.Port).WithProtocolVersion(version).WithCredentials("ann", "a").Build());

        await Store.RemoveAsync("ann");

        var args = await ended.Task.WaitAsync(TimeSpan.FromSeconds(15));
        if (version == MqttProtocolVersion.V500)
            Assert.Equal(MqttClientDisconnectReason.NotAuthorized, args.Reason);
    }

    [Fact]
    public async Task A_new_user_proves_its_password_by_SCRAM()
    {
        await Store.PutAsync("ann", "a");
        using (await LoginAsync("ann", "a"))
        {
        }
        foreach (var (password, answer) in new[] { ("b", "CONNACK 0 NotAuthorized"), ("a", "CONNACK 0 Success") })
        {
            using var client = await _fixture.OpenAsync(MqttVersion.V5, _gateway);
            var scram = new ScramClient("ann", password);
            await client.ConnectAsync(new TestConnect { Properties = scram.First("SCRAM-SHA-256").Encoded.ToArray() });
            await client.AuthenticateAsync(ReasonCode.ContinueAuthentication, scram.Final(await client.ReadAsync()));
            Assert.StartsWith(answer, await client.ReadAsync());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Logins_wait_until_the_users_are_known_for_a_while(bool becomeKnown)
    {
        await using var gateway = await GatewayFixture.StartAsync(
            new GatewayFixture(TimeProvider.System) { HoldsStores = true }, [.. Root, "--mqtt:storage_patience", becomeKnown ? "10s" : "100ms", "--mqtt:connect_timeout", "30s"]);
        using var client = await gateway.OpenAsync();
        using var scram = await gateway.OpenAsync();
        await client.ConnectAsync(new TestConnect { User = "root", Password = "r" });
        await scram.ConnectAsync(new TestConnect { Properties = new ScramClient("root", "r").First("SCRAM-SHA-256").Encoded.ToArray() });

        if (becomeKnown)
            await gateway.Stores[0].StartAsync(CancellationToken.None);

        Assert.StartsWith(becomeKnown ? "CONNACK 0 Success" : "CONNACK 0 ServerUnavailable", await client.ReadAsync());
        Assert.StartsWith(becomeKnown ? "AUTH ContinueAuthentication" : "CONNACK 0 ServerUnavailable", await scram.ReadAsync());
    }

    private static byte[] Expiry(MqttVersion version) =>
        version == MqttVersion.V5 ? new Protocol.Properties.PropertyBlockBuilder().Add(Protocol.Properties.PropertyId.SessionExpiryInterval, 600).Encoded.ToArray() : [];

    private static async Task EndAsync(TestClient client)
    {
        while (await client.ReadAsync() != "closed")
        {
        }
    }

    private async Task<string> TryLoginAsync(string user, string password)
    {
        using var client = await _fixture.OpenAsync(MqttVersion.V5, _gateway);
        await client.ConnectAsync(new TestConnect { User = user, Password = password });
        return await client.ReadAsync();
    }

    /// <summary>Until the other process has heard of the user.</summary>
    private async Task<TestClient> LoginAsync(string user, string password, MqttVersion version = MqttVersion.V5, TestConnect? connect = null, bool isPresent = false)
    {
        TestClient? client = null;
        await Poll.UntilAsync(async () =>
        {
            client = await _fixture.OpenAsync(version, _gateway);
            await client.ConnectAsync((connect ?? new TestConnect()) with { User = user, Password = password });
            return (await client.ReadAsync()).StartsWith(isPresent ? "CONNACK 1 Success" : "CONNACK 0 Success", StringComparison.Ordinal);
        });
        return client!;
    }
}
