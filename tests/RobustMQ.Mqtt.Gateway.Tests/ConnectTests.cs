using System.Text;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Tests;

public sealed class ConnectTests
{
    [Fact]
    public async Task A_client_of_5_0_is_told_what_it_is_granted()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:max_keep_alive", "60", "--mqtt:response_information", "re", "--mqtt:max_session_expiry", "60");
        using var client = await gateway.OpenAsync();
        await client.ConnectAsync(new TestConnect
        {
            KeepAlive = 600,
            Properties = new PropertyBlockBuilder().Add(PropertyId.SessionExpiryInterval, 100).Add(PropertyId.RequestResponseInformation, 1).Encoded.ToArray(),
        });

        Assert.Matches(
            "^CONNACK 0 Success SessionExpiryInterval=60 ReceiveMaximum=1024 MaximumPacketSize=1048576 AssignedClientIdentifier=auto-[0-9a-f]{32} TopicAliasMaximum=64"
            + " ServerKeepAlive=60 ResponseInformation=re$",
            await client.ReadAsync());
    }

    [Theory]
    [InlineData(MqttVersion.V311, false, "", "CONNACK 0 2")]
    [InlineData(MqttVersion.V31, true, "", "CONNACK 0 2")]
    [InlineData(MqttVersion.V311, true, "", "CONNACK 0 Success")]
    [InlineData(MqttVersion.V311, false, "named", "CONNACK 0 Success")]
    public async Task A_name_is_needed_for_a_session_that_shall_stay(MqttVersion version, bool clean, string id, string answer)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.OpenAsync(version);

        await client.ConnectAsync(new TestConnect { ClientId = id, CleanStart = clean });

        Assert.Equal(answer, await client.ReadAsync());
    }

    [Fact]
    public async Task The_same_client_identifier_is_taken_over_within_a_gateway_and_across_gateways()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        using var first = await gateway.ConnectAsync(id: "me");
        using var other = await gateway.ConnectAsync(id: "not me");

        using var again = await gateway.ConnectAsync(id: "me");
        Assert.Equal("DISCONNECT SessionTakenOver", await first.ReadAsync());
        Assert.Equal("closed", await first.ReadAsync());
        using var far = await gateway.ConnectAsync(MqttVersion.V311, "me", second);
        Assert.Equal("DISCONNECT SessionTakenOver", await again.ReadAsync());
        using var back = await gateway.ConnectAsync(id: "me");
        Assert.Equal("closed", await far.ReadAsync());
        Assert.Empty(await other.ReadToPingAsync());
        Assert.Empty(await back.ReadToPingAsync());
    }

    [Fact]
    public async Task Users_log_in_with_a_password_or_a_token_and_are_held_to_their_permissions()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            "--auth:users:0:name", "ann", "--auth:users:0:password", "secret", "--auth:users:0:token", "tok",
            "--auth:users:0:permissions:publish", "in.>", "--auth:users:0:permissions:subscribe:allow", "out.**", "--auth:users:0:permissions:subscribe:deny", "out.secret.**");
        using var nobody = await gateway.OpenAsync();
        await nobody.ConnectAsync(new TestConnect());
        Assert.Equal("CONNACK 0 NotAuthorized", await nobody.ReadAsync());
        Assert.Equal("closed", await nobody.ReadAsync());
        using var wrong = await gateway.OpenAsync(MqttVersion.V311);
        await wrong.ConnectAsync(new TestConnect { ClientId = "w", User = "ann", Password = "no" });
        Assert.Equal("CONNACK 0 4", await wrong.ReadAsync());
        using var token = await gateway.OpenAsync();
        await token.ConnectAsync(new TestConnect { Password = "tok" });
        Assert.StartsWith("CONNACK 0 Success", await token.ReadAsync());
        using var ann = await gateway.OpenAsync();
        await ann.ConnectAsync(new TestConnect { User = "ann", Password = "secret" });
        Assert.StartsWith("CONNACK 0 Success", await ann.ReadAsync());

        Assert.Equal("SUBACK 77 NotAuthorized", await ann.SubscribeAsync("in/x"));
        Assert.Equal("SUBACK 77 NotAuthorized", await ann.SubscribeAsync("#"));
        Assert.Equal("SUBACK 77 NotAuthorized", await ann.SubscribeAsync("$share/g/in/x"));
        Assert.Equal("SUBACK 77 NotAuthorized", await ann.SubscribeAsync("out/secret/x"));
        Assert.Equal("SUBACK 77 Success", await ann.SubscribeAsync("out/#"));
        await ann.PublishAsync("out/x", "x", 1, id: 1);
        await ann.PublishAsync("out/x", "x", 2, id: 2);
        await ann.PublishAsync("out/x", "x");
        await ann.PublishAsync("in/x", "x", 1, id: 3);
        Assert.Equal(["PUBACK 1 NotAuthorized", "PUBREC 2 NotAuthorized", "PUBACK 3 NoMatchingSubscribers"], await ann.ReadToPingAsync());
        using var will = await gateway.OpenAsync();
        await will.ConnectAsync(new TestConnect { User = "ann", Password = "secret", WillTopic = "out/x" });
        Assert.Equal("CONNACK 0 NotAuthorized", await will.ReadAsync());
    }

    [Fact]
    public async Task A_will_is_published_unless_the_client_says_goodbye()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var watcher = await gateway.ConnectAsync();
        await watcher.SubscribeAsync("will/#", 2);
        var will = new TestConnect { WillTopic = "will/1", WillPayload = "gone", WillQos = 1, WillRetain = true };

        using (var polite = await gateway.OpenAsync())
        {
            await polite.ConnectAsync(will);
            await polite.ReadAsync();
            await polite.DisconnectAsync();
            Assert.Equal("closed", await polite.ReadAsync());
        }
        using (var lost = await gateway.OpenAsync())
        {
            await lost.ConnectAsync(will);
            await lost.ReadAsync();
        }
        Assert.Equal("PUBLISH will/1 gone qos=1 id=1", await watcher.ReadAsync());
        using (var asking = await gateway.OpenAsync())
        {
            await asking.ConnectAsync(will with { WillTopic = "will/2" });
            await asking.ReadAsync();
            await asking.DisconnectAsync(ReasonCode.DisconnectWithWill);
        }
        Assert.Equal("PUBLISH will/2 gone qos=1 id=2", await watcher.ReadAsync());
        using (var wrong = await gateway.OpenAsync(MqttVersion.V311))
        {
            await wrong.ConnectAsync(will with { ClientId = "w", WillTopic = "will/3" });
            await wrong.ReadAsync();
            await wrong.SendAsync(0xF0, 0);
        }
        Assert.Equal("PUBLISH will/3 gone qos=1 id=3", await watcher.ReadAsync());
        await watcher.UnsubscribeAsync("will/#");
        await watcher.SubscribeAsync("will/1");
        Assert.Equal("PUBLISH will/1 gone retain", await watcher.ReadAsync());
    }

    [Fact]
    public async Task A_will_keeps_its_properties_in_their_order_but_for_the_delay()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var watcher = await gateway.ConnectAsync();
        await watcher.SubscribeAsync("will");
        using (var client = await gateway.OpenAsync())
        {
            await client.ConnectAsync(new TestConnect
            {
                WillTopic = "will",
                WillPayload = "x",
                WillProperties = new PropertyBlockBuilder()
                    .AddUser("k"u8, "2"u8).Add(PropertyId.WillDelayInterval, 5).AddUser("k"u8, "1"u8).Add(PropertyId.ContentType, "text"u8).AddUser("a"u8, ""u8).AddUser("k"u8, "2"u8),
            });
            await client.ReadAsync();
        }

        Assert.Equal("PUBLISH will x UserProperty=k:2 UserProperty=k:1 ContentType=text UserProperty=a: UserProperty=k:2", await watcher.ReadAsync());
    }

    [Fact]
    public async Task A_silent_client_is_closed_with_its_will_published()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var watcher = await gateway.ConnectAsync();
        await watcher.SubscribeAsync("will");
        using var silent = await gateway.OpenAsync();
        await silent.ConnectAsync(new TestConnect { KeepAlive = 1, WillTopic = "will" });
        await silent.ReadAsync();

        Assert.Equal("DISCONNECT KeepAliveTimeout", await silent.ReadAsync());
        Assert.Equal("PUBLISH will ", await watcher.ReadAsync());
    }

    [Fact]
    public async Task A_stop_tells_clients_and_publishes_their_wills()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        using var watcher = await gateway.ConnectAsync(gateway: second);
        await watcher.SubscribeAsync("will", 1);
        using var client = await gateway.OpenAsync();
        await client.ConnectAsync(new TestConnect { WillTopic = "will", WillPayload = "stopped", WillQos = 1 });
        await client.ReadAsync();

        await gateway.Gateway.DrainAsync(CancellationToken.None);

        Assert.Equal("DISCONNECT ServerShuttingDown", await client.ReadAsync());
        Assert.Equal("PUBLISH will stopped qos=1 id=1", await watcher.ReadAsync());
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:connect_timeout", "100ms");
        using var silent = await gateway.OpenAsync();
        using var half = await gateway.OpenAsync();
        await half.SendAsync(0x10, 0xFF, 0xFF, 3, 0);

        Assert.Equal("closed", await silent.ReadAsync());
        Assert.Equal("closed", await half.ReadAsync());
    }

    public static TheoryData<string, string> Nonsense => new()
    {
        { "no CONNECT first", "C000" },
        { "another protocol's greeting", "474554202F20485454502F312E310D0A" },
        { "wrong protocol name", "100D 0005 4D5154540A 04 02 0000 0000" },
        { "CONNECT with flags", "110C 0004 4D515454 04 02 0000 0000" },
        { "reserved connect flag", "100C 0004 4D515454 04 03 0000 0000" },
        { "will QoS without will", "100C 0004 4D515454 04 0A 0000 0000" },
        { "body too short", "1008 0004 4D515454 04 02" },
        { "body too long", "100D 0004 4D515454 04 02 0000 0000 00" },
        { "client identifier that is no UTF-8", "100E 0004 4D515454 04 02 0000 0002 C328" },
        { "client identifier with U+0000", "100D 0004 4D515454 04 02 0000 0001 00" },
        { "length of five bytes", "10FFFFFFFF01" },
        { "an enormous length", "10FFFFFF7F" },
        { "type 0", "0000" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task What_is_no_CONNECT_is_closed_without_a_word(string what, string hex)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.OpenAsync(MqttVersion.V311);

        await client.SendAsync(Convert.FromHexString(hex.Replace(" ", "")));

        Assert.True(await client.ReadAsync() == "closed", what);
    }

    [Theory]
    [InlineData("100C 0004 4D515454 06 02 0000 0000", "CONNACK 0 1")]
    [InlineData("100E 0006 4D5149736470 04 02 0000 0000", "CONNACK 0 1")]
    public async Task An_unknown_version_is_told_so(string hex, string answer)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.OpenAsync(MqttVersion.V311);

        await client.SendAsync(Convert.FromHexString(hex.Replace(" ", "")));

        Assert.Equal(answer, await client.ReadAsync());
        Assert.Equal("closed", await client.ReadAsync());
    }

    [Theory]
    [InlineData("second CONNECT", "100D 0004 4D515454 05 02 0000 00 0000", "ProtocolError")]
    [InlineData("wildcard in a topic", "30 04 0001 2B 00", "TopicNameInvalid")]
    [InlineData("topic that is no UTF-8", "30 05 0002 C328 00", "MalformedPacket")]
    [InlineData("topic with U+0000", "30 04 0001 00 00", "MalformedPacket")]
    [InlineData("no topic and no alias", "30 03 0000 00", "ProtocolError")]
    [InlineData("alias 0", "30 07 0001 61 03 23 0000", "TopicAliasInvalid")]
    [InlineData("alias beyond the maximum", "30 07 0001 61 03 23 0041", "TopicAliasInvalid")]
    [InlineData("alias that stands for nothing", "30 06 0000 03 23 0001", "ProtocolError")]
    [InlineData("QoS 3", "36 06 0001 61 0001 00", "MalformedPacket")]
    [InlineData("DUP at QoS 0", "38 04 0001 61 00", "MalformedPacket")]
    [InlineData("packet identifier 0", "32 06 0001 61 0000 00", "ProtocolError")]
    [InlineData("subscription identifier from a client", "30 06 0001 61 02 0B 01", "ProtocolError")]
    [InlineData("SUBSCRIBE without filters", "82 03 0001 00", "ProtocolError")]
    [InlineData("SUBSCRIBE with identifier 0", "82 07 0000 00 0001 61 00", "ProtocolError")]
    [InlineData("SUBSCRIBE with reserved options", "82 07 0001 00 0001 61 C0", "MalformedPacket")]
    [InlineData("SUBSCRIBE with the wrong flags", "80 07 0001 00 0001 61 00", "MalformedPacket")]
    [InlineData("no local on a shared subscription", "82 10 0001 00 000A 2473686172652F672F61 04", "ProtocolError")]
    [InlineData("UNSUBSCRIBE without filters", "A2 03 0001 00", "ProtocolError")]
    [InlineData("AUTH that nobody agreed on", "F0 00", "ProtocolError")]
    [InlineData("a packet of servers", "D0 00", "ProtocolError")]
    [InlineData("PINGREQ with a body", "C0 01 00", "MalformedPacket")]
    [InlineData("response topic with a wildcard", "30 0B 0001 61 06 08 0003 622F 2B 78", "ProtocolError")]
    [InlineData("a property twice", "30 0A 0001 61 06 01 01 01 01 01 01", "ProtocolError")]
    [InlineData("a session that shall stay after all", "E0 07 00 05 11 00000001", "ProtocolError")]
    [InlineData("a length of five bytes", "30 FF FF FF FF 01", "MalformedPacket")]
    [InlineData("an enormous length", "30 FF FF FF 7F", "PacketTooLarge")]
    public async Task Bad_packets_of_5_0_are_told_why_and_closed_and_nobody_else_is(string what, string hex, string reason)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        using var other = await gateway.ConnectAsync();

        await client.SendAsync(Convert.FromHexString(hex.Replace(" ", "")));

        Assert.Equal((what, $"DISCONNECT {reason}"), (what, await client.ReadAsync()));
        Assert.Equal("closed", await client.ReadAsync());
        Assert.Empty(await other.ReadToPingAsync());
    }

    [Fact]
    public async Task More_unacknowledged_publishes_than_granted_end_the_connection()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:receive_maximum", "2");
        using var client = await gateway.ConnectAsync();
        for (ushort id = 1; id <= 3; id++)
            await client.PublishAsync("a", "x", 2, id: id);

        var packets = new List<string>();
        while (packets.LastOrDefault() != "closed")
            packets.Add(await client.ReadAsync());

        Assert.Contains("DISCONNECT ReceiveMaximumExceeded", packets);
    }

    [Fact]
    public async Task Filters_that_are_none_and_floods_of_them_are_refused_one_by_one()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:max_subscriptions", "2", "--mqtt:max_topic_levels", "4");
        using var client = await gateway.ConnectAsync();
        using var old = await gateway.ConnectAsync(MqttVersion.V311, "old");

        foreach (var filter in new[] { "a+", "#/a", "a/#/b", "$share/g", "$share//a", "$share/+/a", "a/b/c/d/e", "a\u0001" })
            Assert.Equal((filter, "SUBACK 77 TopicFilterInvalid"), (filter, await client.SubscribeAsync(filter)));
        Assert.Equal("SUBACK 77 UnspecifiedError", await old.SubscribeAsync("a+"));
        await client.SubscribeAsync("a");
        await client.SubscribeAsync("b");
        Assert.Equal("SUBACK 77 QuotaExceeded", await client.SubscribeAsync("c"));
        Assert.Equal("SUBACK 77 GrantedQos1", await client.SubscribeAsync("a", 1));
        Assert.Equal("UNSUBACK 78 Success", await client.UnsubscribeAsync("a"));
        Assert.Equal("UNSUBACK 78 NoSubscriptionExisted", await client.UnsubscribeAsync("a"));
        Assert.Equal("UNSUBACK 78", await old.UnsubscribeAsync("a"));
    }

    [Fact]
    public async Task A_topic_of_thousands_of_levels_ends_the_connection()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        await client.PublishAsync(new string('/', 60_000), "x");

        Assert.Equal("DISCONNECT TopicNameInvalid", await client.ReadAsync());
    }

    [Fact]
    public async Task A_password_that_is_no_text_is_a_wrong_one()
    {
        await using var gateway = await GatewayFixture.StartAsync("--auth:users:0:name", "ann", "--auth:users:0:password", "secret");
        using var client = await gateway.OpenAsync(MqttVersion.V311);
        byte[] connect = [0, 4, .. "MQTT"u8, 4, 0xC2, 0, 0, 0, 1, (byte)'c', 0, 3, .. Encoding.UTF8.GetBytes("ann"), 0, 2, 0xFF, 0xFE];

        await client.SendAsync([0x10, (byte)connect.Length, .. connect]);

        Assert.Equal("CONNACK 0 4", await client.ReadAsync());
    }

    [Fact]
    public async Task A_client_that_takes_nothing_holds_up_nobody_and_is_closed_when_its_time_is_over()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:max_pending", "65536", "--mqtt:patience", "10ms");
        using var watcher = await gateway.ConnectAsync();
        await watcher.SubscribeAsync("will");
        using var stuck = await gateway.OpenAsync(MqttVersion.V311);
        await stuck.ConnectAsync(new TestConnect { ClientId = "stuck", KeepAlive = 3, WillTopic = "will", WillPayload = "gone" });
        await stuck.ReadAsync();
        await stuck.SubscribeAsync("flood");
        using var publisher = await gateway.ConnectAsync();
        var payload = new string('x', 500_000);
        for (var at = 0; at < 60; at++)
            await publisher.PublishAsync("flood", payload);
        // It still says that it is alive, and is read no further.
        await stuck.SendAsync(0xC0, 0);
        Assert.Empty(await publisher.ReadToPingAsync());

        Assert.Equal("PUBLISH will gone", await watcher.ReadAsync());
    }
}
