using System.Security.Cryptography;
using System.Text;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Mqtt.Gateway.Tests;

public sealed class OperatorTests
{
    [Fact]
    public async Task A_delayed_publish_comes_later_to_everybody_and_is_retained_later()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        using var near = await gateway.ConnectAsync();
        using var far = await gateway.ConnectAsync(gateway: second);
        await near.SubscribeAsync("later", 1);
        await far.SubscribeAsync("later", 1);
        await near.PublishAsync("$delayed/1/later", "x", 1, retain: true, id: 1);
        await near.PublishAsync("$delayed/0/later", "at once");
        Assert.Equal(["PUBACK 1 Success", "PUBLISH later at once"], (await ReadAsync(near, 2)).Order(StringComparer.Ordinal));
        Assert.Equal("PUBLISH later at once", await far.ReadAsync());
        Assert.Equal("PUBLISH later x qos=1 id=1", await near.ReadAsync());
        Assert.Equal("PUBLISH later x qos=1 id=1", await far.ReadAsync());
        using var late = await gateway.ConnectAsync();
        await Poll.UntilAsync(async () =>
        {
            await late.SubscribeAsync("later");
            return (await late.ReadToPingAsync()).Contains("PUBLISH later x retain");
        });
        await near.PublishAsync("$delayed/x/later", "bad");
        Assert.Equal("DISCONNECT TopicNameInvalid", await near.ReadAsync());
    }

    [Fact]
    public async Task An_exclusive_subscription_has_one_client_at_whatever_gateway()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        using var far = await gateway.ConnectAsync(gateway: second);
        using (var owner = await gateway.ConnectAsync())
        {
            Assert.Equal("SUBACK 77 GrantedQos1", await owner.SubscribeAsync("$exclusive/a/b", 1));
            Assert.Equal("SUBACK 77 Success", await owner.SubscribeAsync("$exclusive/a/b", 0));
            Assert.Equal("SUBACK 77 QuotaExceeded", await far.SubscribeAsync("$exclusive/a/b"));
            Assert.Equal("SUBACK 77 Success", await far.SubscribeAsync("a/+"));
            await far.PublishAsync("a/b", "x");
            Assert.Equal("PUBLISH a/b x", await owner.ReadAsync());
            Assert.Equal("UNSUBACK 78 Success", await owner.UnsubscribeAsync("$exclusive/a/b"));
        }
        await Poll.UntilAsync(async () =>
        {
            var packet = await far.SubscribeAsync("$exclusive/a/b");
            return packet is "SUBACK 77 Success" or "PUBLISH a/b x";
        });
    }

    [Fact]
    public async Task Topics_are_rewritten_for_publishers_and_subscribers()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            "--mqtt:rewrite:0:source", "x/#", "--mqtt:rewrite:0:pattern", "^x/(.+)/(.+)$", "--mqtt:rewrite:0:target", "y/$2/%c/$1",
            "--mqtt:rewrite:1:action", "subscribe", "--mqtt:rewrite:1:source", "old/+", "--mqtt:rewrite:1:pattern", "^old/(.*)$", "--mqtt:rewrite:1:target", "new/$1");
        using var client = await gateway.ConnectAsync(id: "me");
        using var other = await gateway.ConnectAsync(id: "other");
        await other.SubscribeAsync("y/#");
        await client.SubscribeAsync("x/1/2");
        await other.SubscribeAsync("old/3", 1);
        await client.PublishAsync("x/1/2", "renamed");
        Assert.Equal("PUBLISH y/2/me/1 renamed", await client.ReadAsync());
        Assert.Equal("PUBLISH y/2/me/1 renamed", await other.ReadAsync());
        await client.PublishAsync("old/3", "as it is");
        await client.PublishAsync("new/3", "new");
        Assert.Equal("PUBLISH new/3 new", await other.ReadAsync());
        Assert.Equal("UNSUBACK 78 Success", await other.UnsubscribeAsync("old/3"));
    }

    [Fact]
    public async Task Clients_get_what_is_subscribed_for_all_but_names_that_would_reach_further_get_nothing_of_it()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:auto_subscribe:0:topic", "to/%c/#", "--mqtt:auto_subscribe:0:qos", "1");
        using var publisher = await gateway.ConnectAsync(id: "publisher");
        using var client = await gateway.ConnectAsync(id: "me");
        using var greedy = await gateway.ConnectAsync(id: "+");
        // Subscriptions of that kind are made behind the CONNACK, and before anything else is read.
        Assert.Empty(await client.ReadToPingAsync());
        Assert.Empty(await greedy.ReadToPingAsync());
        await publisher.PublishAsync("to/me/1", "x", 1, id: 1);
        Assert.Equal("PUBACK 1 Success", await publisher.ReadAsync());
        Assert.Equal("PUBLISH to/me/1 x qos=1 id=1", await client.ReadAsync());
        Assert.Empty(await greedy.ReadToPingAsync());
    }

    [Fact]
    public async Task Permissions_by_client_identifier_and_user_name_hold_whatever_a_client_calls_itself()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            "--auth:users:0:name", "ann.b", "--auth:users:0:password", "secret", "--auth:users:0:permissions:publish", "dev.%c,user.%u.>", "--auth:users:0:permissions:subscribe", "dev.%c.>");
        var login = new TestConnect { User = "ann.b", Password = "secret" };
        foreach (var id in new[] { "+", "#", "a/b", "*", ">", "a+", "\u0001" })
        {
            using var bad = await gateway.OpenAsync();
            await bad.ConnectAsync(login with { ClientId = id });
            Assert.Equal("CONNACK 0 ClientIdentifierNotValid", await bad.ReadAsync());
        }
        using var client = await gateway.OpenAsync();
        await client.ConnectAsync(login with { ClientId = "c 1.x" });
        Assert.StartsWith("CONNACK 0 Success", await client.ReadAsync());
        await client.PublishAsync("dev/c 1.x", "x", 1, id: 1);
        await client.PublishAsync("dev/other", "x", 1, id: 2);
        await client.PublishAsync("user/ann.b/x", "x", 1, id: 3);
        await client.PublishAsync("user/ann/b/x", "x", 1, id: 4);
        await client.PublishAsync("dev/%c", "x", 1, id: 5);
        Assert.Equal(
            ["PUBACK 1 NoMatchingSubscribers", "PUBACK 2 NotAuthorized", "PUBACK 3 NoMatchingSubscribers", "PUBACK 4 NotAuthorized", "PUBACK 5 NotAuthorized"], await ReadAsync(client, 5));
        Assert.Equal("SUBACK 77 Success", await client.SubscribeAsync("dev/c 1.x/+"));
        Assert.Equal("SUBACK 77 NotAuthorized", await client.SubscribeAsync("dev/+/x"));
    }

    [Fact]
    public async Task Clients_that_flap_stay_out_and_so_does_who_comes_too_fast()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:flapping:max_connects", "2");
        for (var round = 0; round < 2; round++)
            (await gateway.ConnectAsync(id: "me")).Dispose();
        using var banned = await gateway.OpenAsync();
        await banned.ConnectAsync(new TestConnect { ClientId = "me" });
        Assert.Equal("CONNACK 0 Banned", await banned.ReadAsync());
        using var other = await gateway.ConnectAsync(id: "other");

        await using var slow = await GatewayFixture.StartAsync(new ManualTime(), "--mqtt:max_connect_rate", "1");
        using var first = await slow.ConnectAsync();
        using var second = await slow.OpenAsync();
        await second.ConnectAsync(new TestConnect());
        Assert.Equal("CONNACK 0 ConnectionRateExceeded", await second.ReadAsync());
    }

    [Fact]
    public async Task A_client_proves_its_password_by_SCRAM_and_does_so_again()
    {
        await using var gateway = await GatewayFixture.StartAsync("--auth:users:0:name", "ann", "--auth:users:0:password", "secret");
        using var unknown = await gateway.OpenAsync();
        await unknown.ConnectAsync(new TestConnect { Properties = new PropertyBlockBuilder().Add(PropertyId.AuthenticationMethod, "PLAIN"u8).Encoded.ToArray() });
        Assert.Equal("CONNACK 0 BadAuthenticationMethod", await unknown.ReadAsync());
        foreach (var (user, password) in new[] { ("ann", "wrong"), ("nobody", "secret") })
        {
            using var bad = await gateway.OpenAsync();
            var failing = new ScramClient(user, password);
            await bad.ConnectAsync(new TestConnect { Properties = failing.First("SCRAM-SHA-256").Encoded.ToArray() });
            await bad.AuthenticateAsync(ReasonCode.ContinueAuthentication, failing.Final(await bad.ReadAsync()));
            Assert.Equal("CONNACK 0 NotAuthorized", await bad.ReadAsync());
        }
        using (var impatient = await gateway.OpenAsync())
        {
            await impatient.ConnectAsync(new TestConnect { Properties = new ScramClient("ann", "secret").First("SCRAM-SHA-256").Encoded.ToArray() });
            Assert.StartsWith("AUTH ContinueAuthentication", await impatient.ReadAsync());
            // Nothing but AUTH and DISCONNECT before the CONNACK (5.0 section 3.1.2.11.9).
            await impatient.SendAsync(0xC0, 0);
            Assert.Equal("closed", await impatient.ReadAsync());
        }
        using var client = await gateway.OpenAsync();
        var scram = new ScramClient("ann", "secret");
        await client.ConnectAsync(new TestConnect { Properties = scram.First("SCRAM-SHA-256").Encoded.ToArray() });
        await client.AuthenticateAsync(ReasonCode.ContinueAuthentication, scram.Final(await client.ReadAsync()));
        var accepted = await client.ReadAsync();
        Assert.StartsWith("CONNACK 0 Success", accepted);
        Assert.Contains($"AuthenticationData=v={scram.ServerSignature}", accepted);
        var again = new ScramClient("ann", "secret");
        await client.AuthenticateAsync(ReasonCode.ReAuthenticate, again.First("SCRAM-SHA-256"));
        await client.AuthenticateAsync(ReasonCode.ContinueAuthentication, again.Final(await client.ReadAsync()));
        Assert.Equal($"AUTH Success AuthenticationMethod=SCRAM-SHA-256 AuthenticationData=v={again.ServerSignature}", await client.ReadAsync());
        await client.AuthenticateAsync(ReasonCode.ReAuthenticate, again.First("OTHER"));
        Assert.Equal("DISCONNECT ProtocolError", await client.ReadAsync());
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1000 1883\r\n", true)]
    [InlineData("PROXY UNKNOWN\r\n", true)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u000c\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\0\u0001\0\u0002", true)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0", true)]
    [InlineData("PROXY TCP4 nowhere 192.0.2.2 1000 1883\r\n", false)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0031\u0011\0\u000c", false)]
    [InlineData("", false)]
    public async Task A_proxy_says_who_the_client_is_and_nothing_else_may_come_first(string header, bool isTaken)
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:proxy_protocol", "true");
        using var client = await gateway.OpenAsync();
        foreach (var piece in Encoding.Latin1.GetBytes(header).Chunk(9))
            await client.SendAsync(piece);
        await client.ConnectAsync(new TestConnect());
        Assert.Equal(isTaken, (await client.ReadAsync()).StartsWith("CONNACK 0 Success", StringComparison.Ordinal));
    }

    private static async Task<List<string>> ReadAsync(TestClient client, int count)
    {
        var packets = new List<string>();
        while (packets.Count < count)
            packets.Add(await client.ReadAsync());
        return packets;
    }

    /// <summary>The client's side, written from RFC 5802.</summary>
}
