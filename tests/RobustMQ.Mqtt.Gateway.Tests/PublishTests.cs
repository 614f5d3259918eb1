using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Mqtt.Gateway.Tests;

public sealed class PublishTests
{
    [Theory]
    [InlineData(MqttVersion.V31, MqttVersion.V311)]
    [InlineData(MqttVersion.V311, MqttVersion.V311)]
    [InlineData(MqttVersion.V311, MqttVersion.V5)]
    [InlineData(MqttVersion.V5, MqttVersion.V31)]
    [InlineData(MqttVersion.V5, MqttVersion.V5)]
    public async Task A_message_reaches_matching_subscribers_of_every_version_at_the_lower_qos(MqttVersion from, MqttVersion to)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var publisher = await gateway.ConnectAsync(from, "publisher");
        using var subscriber = await gateway.ConnectAsync(to, "subscriber");
        Assert.Equal("SUBACK 77 Success", await subscriber.SubscribeAsync("a/+"));
        Assert.Equal("SUBACK 77 GrantedQos1", await subscriber.SubscribeAsync("b/#", 1));
        Assert.Equal("SUBACK 77 GrantedQos2", await subscriber.SubscribeAsync("c", 2));

        await publisher.PublishAsync("a/1", "zero");
        await publisher.PublishAsync("a/1", "one", 1, id: 9);
        await publisher.PublishAsync("b", "two", 2, id: 10);
        await publisher.PublishAsync("c", "three", 2, id: 11);
        await publisher.PublishAsync("d", "nobody");

        Assert.Equal("PUBACK 9 Success", await publisher.ReadAsync());
        Assert.Equal("PUBREC 10 Success", await publisher.ReadAsync());
        Assert.Equal("PUBREC 11 Success", await publisher.ReadAsync());
        Assert.Equal("PUBLISH a/1 zero", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH a/1 one", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH b two qos=1 id=1", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH c three qos=2 id=2", await subscriber.ReadAsync());
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task At_qos_2_both_ways_each_message_is_delivered_once(MqttVersion version)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync(version, "me");
        await client.SubscribeAsync("a", 2);

        await client.PublishAsync("a", "x", 2, id: 5);
        Assert.Equal(["PUBLISH a x qos=2 id=1", "PUBREC 5 Success"], (await client.ReadToPingAsync()).Order(StringComparer.Ordinal));
        await client.PublishAsync("a", "x", 2, id: 5, dup: true);
        Assert.Equal("PUBREC 5 Success", await client.ReadAsync());
        await client.AcknowledgeAsync(PacketType.PubRel, 5);
        Assert.Equal("PUBCOMP 5 Success", await client.ReadAsync());
        await client.AcknowledgeAsync(PacketType.PubRec, 1);
        Assert.Equal("PUBREL 1 Success", await client.ReadAsync());
        await client.AcknowledgeAsync(PacketType.PubRec, 1);
        Assert.Equal("PUBREL 1 Success", await client.ReadAsync());
        await client.AcknowledgeAsync(PacketType.PubComp, 1);

        // The identifier is free: the same one is a new message.
        await client.PublishAsync("a", "y", 2, id: 5);
        Assert.Contains("PUBLISH a y qos=2 id=2", await client.ReadToPingAsync());
    }

    [Fact]
    public async Task An_unknown_PUBREL_or_PUBREC_is_told_so()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        await client.AcknowledgeAsync(PacketType.PubRel, 3);
        Assert.Equal("PUBCOMP 3 PacketIdentifierNotFound", await client.ReadAsync());
        await client.AcknowledgeAsync(PacketType.PubRec, 3);
        Assert.Equal("PUBREL 3 PacketIdentifierNotFound", await client.ReadAsync());
    }

    [Fact]
    public async Task What_waits_for_room_counts_down_and_is_not_sent_when_its_life_is_over()
    {
        var time = new ManualTime();
        await using var gateway = await GatewayFixture.StartAsync(time, "--mqtt:max_inflight", "1");
        using var subscriber = await gateway.ConnectAsync();
        using var old = await gateway.ConnectAsync(MqttVersion.V311, "old");
        await subscriber.SubscribeAsync("a", 1);
        await old.SubscribeAsync("a", 1);
        using var publisher = await gateway.ConnectAsync();
        var alias = new PropertyBlockBuilder().Add(PropertyId.TopicAlias, 1);
        await publisher.PublishAsync("a", "1", 1, id: 1, properties: alias);
        await publisher.PublishAsync("a", "dies", 1, id: 2, properties: new PropertyBlockBuilder().Add(PropertyId.MessageExpiryInterval, 5));
        await publisher.PublishAsync("", "3", 1, id: 3, properties: new PropertyBlockBuilder().Add(PropertyId.TopicAlias, 1).Add(PropertyId.MessageExpiryInterval, 100));
        await publisher.PublishAsync("a", "4", 1, id: 4);
        Assert.Equal(4, (await publisher.ReadToPingAsync()).Count);
        Assert.Equal(["PUBLISH a 1 qos=1 id=1"], await subscriber.ReadToPingAsync());
        Assert.Equal(["PUBLISH a 1 qos=1 id=1"], await old.ReadToPingAsync());

        time.Advance(TimeSpan.FromSeconds(10));
        await subscriber.AcknowledgeAsync(PacketType.PubAck, 1);
        await old.AcknowledgeAsync(PacketType.PubAck, 1);
        Assert.Equal(["PUBLISH a 3 qos=1 id=2 MessageExpiryInterval=90"], await subscriber.ReadToPingAsync());
        Assert.Equal(["PUBLISH a 3 qos=1 id=2"], await old.ReadToPingAsync());
        await subscriber.AcknowledgeAsync(PacketType.PubAck, 2);
        Assert.Equal(["PUBLISH a 4 qos=1 id=3"], await subscriber.ReadToPingAsync());
    }

    [Theory]
    [InlineData("--mqtt:max_queued_messages", "1")]
    [InlineData("--mqtt:max_queued_bytes", "20")]
    public async Task What_does_not_fit_behind_a_client_s_open_messages_is_dropped_for_it_alone(string limit, string value)
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:max_inflight", "1", limit, value);
        using var subscriber = await gateway.ConnectAsync();
        using var other = await gateway.ConnectAsync();
        await subscriber.SubscribeAsync("a", 1);
        await other.SubscribeAsync("a", 0);
        using var publisher = await gateway.ConnectAsync();
        for (ushort id = 1; id <= 4; id++)
        {
            await publisher.PublishAsync("a", $"message {id}", 1, id: id);
            Assert.Equal($"PUBACK {id} Success", await publisher.ReadAsync());
            Assert.Equal($"PUBLISH a message {id}", await other.ReadAsync());
        }
        Assert.Equal(["PUBLISH a message 1 qos=1 id=1"], await subscriber.ReadToPingAsync());
        await subscriber.AcknowledgeAsync(PacketType.PubAck, 1);
        Assert.Equal(["PUBLISH a message 2 qos=1 id=2"], await subscriber.ReadToPingAsync());
        await subscriber.AcknowledgeAsync(PacketType.PubAck, 2);
        Assert.Empty(await subscriber.ReadToPingAsync());
    }

    [Fact]
    public async Task A_gateway_that_takes_no_topic_aliases_says_so_and_closes_who_sends_one()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:topic_alias_maximum", "0");
        using var client = await gateway.OpenAsync();
        await client.ConnectAsync(new TestConnect { Properties = new PropertyBlockBuilder().Add(PropertyId.TopicAliasMaximum, 10).Encoded.ToArray() });
        Assert.DoesNotContain("TopicAliasMaximum", await client.ReadAsync());
        await client.SubscribeAsync("a");
        await client.PublishAsync("a", "x");
        Assert.Equal("PUBLISH a x", await client.ReadAsync());
        await client.PublishAsync("a", "x", properties: new PropertyBlockBuilder().Add(PropertyId.TopicAlias, 1));
        Assert.Equal("DISCONNECT TopicAliasInvalid", await client.ReadAsync());
    }

    [Fact]
    public async Task No_more_than_the_receive_maximum_is_sent_before_it_is_acknowledged_and_the_rest_follows_in_order()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var subscriber = await gateway.OpenAsync();
        await subscriber.ConnectAsync(new TestConnect { Properties = new PropertyBlockBuilder().Add(PropertyId.ReceiveMaximum, 2).Encoded.ToArray() });
        await subscriber.ReadAsync();
        await subscriber.SubscribeAsync("a", 2);
        using var publisher = await gateway.ConnectAsync();
        for (var at = 1; at <= 4; at++)
        {
            await publisher.PublishAsync("a", $"{at}", (byte)(at == 2 ? 2 : 1), id: (ushort)at);
            await publisher.ReadAsync();
        }

        Assert.Equal(["PUBLISH a 1 qos=1 id=1", "PUBLISH a 2 qos=2 id=2"], await subscriber.ReadToPingAsync());
        await subscriber.AcknowledgeAsync(PacketType.PubAck, 1);
        Assert.Equal(["PUBLISH a 3 qos=1 id=3"], await subscriber.ReadToPingAsync());
        await subscriber.AcknowledgeAsync(PacketType.PubRec, 2, ReasonCode.QuotaExceeded);
        Assert.Equal(["PUBLISH a 4 qos=1 id=4"], await subscriber.ReadToPingAsync());
    }

    [Fact]
    public async Task Properties_pass_unaltered_and_in_order_but_for_the_alias()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var publisher = await gateway.ConnectAsync();
        using var subscriber = await gateway.ConnectAsync();
        using var old = await gateway.ConnectAsync(MqttVersion.V311, "old");
        await subscriber.SubscribeAsync("a", identifier: 300);
        await old.SubscribeAsync("a");
        var properties = new PropertyBlockBuilder()
            .AddUser("k"u8, "1"u8).Add(PropertyId.TopicAlias, 3).Add(PropertyId.ContentType, "text/plain"u8).AddUser("k"u8, "2"u8).AddUser("a"u8, ""u8)
            .Add(PropertyId.ResponseTopic, "re/ply"u8).Add(PropertyId.CorrelationData, "id"u8).Add(PropertyId.PayloadFormatIndicator, 1)
            .Add(PropertyId.MessageExpiryInterval, 60);

        await publisher.PublishAsync("a", "x", properties: properties);
        await publisher.PublishAsync("", "y", properties: new PropertyBlockBuilder().Add(PropertyId.TopicAlias, 3));

        Assert.Equal(
            "PUBLISH a x UserProperty=k:1 ContentType=text/plain UserProperty=k:2 UserProperty=a: ResponseTopic=re/ply CorrelationData=id PayloadFormatIndicator=1"
            + " MessageExpiryInterval=60 SubscriptionIdentifier=300",
            await subscriber.ReadAsync());
        Assert.Equal("PUBLISH a y SubscriptionIdentifier=300", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH a x", await old.ReadAsync());
        Assert.Equal("PUBLISH a y", await old.ReadAsync());
    }

    [Fact]
    public async Task A_byte_order_mark_is_a_character_like_any()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("\uFEFFa");

        await client.PublishAsync("a", "without");
        await client.PublishAsync("\uFEFFa", "with");

        Assert.Equal(["PUBLISH \uFEFFa with"], await client.ReadToPingAsync());
    }

    [Fact]
    public async Task A_topic_alias_is_one_connection_s()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var alias = new PropertyBlockBuilder().Add(PropertyId.TopicAlias, 1);
        using var client = await gateway.ConnectAsync(id: "me");
        using var other = await gateway.ConnectAsync();
        await client.PublishAsync("a", "x", properties: alias);
        Assert.Empty(await client.ReadToPingAsync());

        await other.PublishAsync("", "x", properties: alias);
        Assert.Equal("DISCONNECT ProtocolError", await other.ReadAsync());
        using var again = await gateway.ConnectAsync(id: "me");
        await again.PublishAsync("", "x", properties: alias);
        Assert.Equal("DISCONNECT ProtocolError", await again.ReadAsync());
    }

    [Fact]
    public async Task After_an_UNSUBACK_nothing_more_comes_and_what_was_under_way_is_completed()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var subscriber = await gateway.ConnectAsync();
        using var publisher = await gateway.ConnectAsync();
        await subscriber.SubscribeAsync("a", 2);
        await publisher.PublishAsync("a", "before", 2, id: 1);
        Assert.Equal("PUBLISH a before qos=2 id=1", await subscriber.ReadAsync());

        Assert.Equal("UNSUBACK 78 Success", await subscriber.UnsubscribeAsync("a"));
        await publisher.PublishAsync("a", "after", 2, id: 2);
        Assert.Equal(["PUBREC 1 Success", "PUBREC 2 NoMatchingSubscribers"], await publisher.ReadToPingAsync());
        await subscriber.AcknowledgeAsync(PacketType.PubRec, 1);
        Assert.Equal(["PUBREL 1 Success"], await subscriber.ReadToPingAsync());
        await subscriber.AcknowledgeAsync(PacketType.PubComp, 1);
        Assert.Empty(await subscriber.ReadToPingAsync());
    }

    [Theory]
    [InlineData(MqttVersion.V311, new byte[] { 0xA2, 11, 0, 78, 0, 1, (byte)'a', 0, 1, (byte)'b', 0, 1, (byte)'a' }, "UNSUBACK 78")]
    [InlineData(MqttVersion.V5, new byte[] { 0xA2, 12, 0, 78, 0, 0, 1, (byte)'a', 0, 1, (byte)'b', 0, 1, (byte)'a' }, "UNSUBACK 78 Success NoSubscriptionExisted NoSubscriptionExisted")]
    public async Task Many_filters_of_one_UNSUBSCRIBE_are_taken_in_their_order_and_answered_at_once(MqttVersion version, byte[] packet, string answer)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync(version, "me");
        await client.SubscribeAsync("a");

        await client.SendAsync(packet);

        Assert.Equal([answer], await client.ReadToPingAsync());
    }

    [Fact]
    public async Task A_client_with_overlapping_subscriptions_gets_one_copy_with_all_identifiers_at_the_highest_qos()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("a/#", 0, identifier: 1);
        await client.SubscribeAsync("a/+", 1, identifier: 2);
        await client.SubscribeAsync("+/b", 0);

        await client.PublishAsync("a/b", "x", 2, id: 1);

        var packets = await client.ReadToPingAsync();
        var copy = Assert.Single(packets, packet => packet.StartsWith("PUBLISH", StringComparison.Ordinal));
        Assert.StartsWith("PUBLISH a/b x qos=1 id=1", copy);
        Assert.Contains("SubscriptionIdentifier=1", copy);
        Assert.Contains("SubscriptionIdentifier=2", copy);
    }

    [Fact]
    public async Task No_local_keeps_own_messages_away_and_only_those()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var one = await gateway.ConnectAsync();
        using var two = await gateway.ConnectAsync();
        await one.SubscribeAsync("a", noLocal: true);

        await one.PublishAsync("a", "own");
        await one.ReadToPingAsync();
        await two.PublishAsync("a", "other");

        Assert.Equal("PUBLISH a other", await one.ReadAsync());
    }

    [Fact]
    public async Task Messages_that_are_too_large_for_a_client_are_left_out_for_it()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var small = await gateway.OpenAsync();
        await small.ConnectAsync(new TestConnect { Properties = new PropertyBlockBuilder().Add(PropertyId.MaximumPacketSize, 100).Encoded.ToArray() });
        await small.ReadAsync();
        await small.SubscribeAsync("a", 1);
        using var publisher = await gateway.ConnectAsync();

        await publisher.PublishAsync("a", new string('x', 200));
        await publisher.PublishAsync("a", new string('x', 200), 1, id: 1);
        await publisher.PublishAsync("a", "fits", 1, id: 2);

        Assert.Equal("PUBLISH a fits qos=1 id=1", await small.ReadAsync());
    }

    [Fact]
    public async Task Topics_that_begin_with_a_dollar_are_no_wildcards_match_and_SYS_is_the_servers()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("#");
        await client.SubscribeAsync("+/x");
        await client.SubscribeAsync("$own/#");

        await client.PublishAsync("$own/x", "1");
        await client.PublishAsync("$other/x", "2");
        await client.PublishAsync("$SYS/x", "3", 1, id: 1);

        Assert.Equal(["PUBACK 1 NotAuthorized", "PUBLISH $own/x 1"], (await client.ReadToPingAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_payload_that_is_not_the_text_it_claims_to_be_is_refused()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        // PUBLISH QoS 1 "a", id 1, payload format 1, payload FF.
        await client.SendAsync(0x32, 9, 0, 1, (byte)'a', 0, 1, 2, 1, 1, 0xFF);

        Assert.Equal("PUBACK 1 PayloadFormatInvalid", await client.ReadAsync());
    }

    [Fact]
    public async Task Nobody_listening_is_told()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        await client.PublishAsync("nobody", "x", 1, id: 1);

        Assert.Equal("PUBACK 1 NoMatchingSubscribers", await client.ReadAsync());
    }

    [Fact]
    public async Task Shared_subscriptions_give_each_message_to_one_member()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var one = await gateway.ConnectAsync();
        using var two = await gateway.ConnectAsync(MqttVersion.V311, "two");
        using var all = await gateway.ConnectAsync();
        using var publisher = await gateway.ConnectAsync();
        await one.SubscribeAsync("$share/g/a/+");
        await two.SubscribeAsync("$share/g/a/+");
        await all.SubscribeAsync("a/+");

        for (var at = 0; at < 100; at++)
            await publisher.PublishAsync("a/b", $"{at}");
        await publisher.ReadToPingAsync();

        var first = await one.ReadToPingAsync();
        var second = await two.ReadToPingAsync();
        Assert.Equal(100, (await all.ReadToPingAsync()).Count);
        Assert.Equal(100, first.Concat(second).Distinct().Count());
        Assert.Equal(100, first.Count + second.Count);
        Assert.InRange(first.Count, 20, 80);
    }

    [Fact]
    public async Task Each_member_of_a_shared_subscription_gets_its_messages_at_its_own_qos()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var plain = await gateway.ConnectAsync();
        using var acknowledging = await gateway.ConnectAsync();
        using var publisher = await gateway.ConnectAsync();
        Assert.Equal("SUBACK 77 Success", await plain.SubscribeAsync("$share/g/a", 0));
        Assert.Equal("SUBACK 77 GrantedQos1", await acknowledging.SubscribeAsync("$share/g/a", 1));

        for (ushort id = 1; id <= 60; id++)
            await publisher.PublishAsync("a", "x", 1, id: id);
        Assert.Equal(60, (await publisher.ReadToPingAsync()).Count);

        // Of sixty each gets some: that one is left out is less likely than that the machine fails.
        var withoutQos = await plain.ReadToPingAsync();
        var withQos = await acknowledging.ReadToPingAsync();
        Assert.Equal(60, withoutQos.Count + withQos.Count);
        Assert.All(withoutQos, static packet => Assert.Equal("PUBLISH a x", packet));
        Assert.All(withQos, static packet => Assert.StartsWith("PUBLISH a x qos=1 id=", packet));
        Assert.NotEmpty(withoutQos);
        Assert.NotEmpty(withQos);
    }

    [Fact]
    public async Task A_message_of_any_size_arrives_whole_however_it_is_cut()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("a");
        foreach (var size in new[] { 0, 1, 121, 122, 4095, 4096, 16_380, 16_384, 100_000, (1 << 20) - 20 })
        {
            var payload = new string('x', size);
            await client.PublishAsync("a", payload);
            Assert.Equal($"PUBLISH a {payload}", await client.ReadAsync());
        }
        foreach (var part in new byte[] { 0x30, 4, 0, 1, (byte)'a', 0 })
            await client.SendAsync(part);
        Assert.Equal("PUBLISH a ", await client.ReadAsync());
    }

    [Fact]
    public async Task A_client_that_takes_topic_aliases_gets_each_topic_once()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var subscriber = await gateway.OpenAsync();
        await subscriber.ConnectAsync(new TestConnect { Properties = new PropertyBlockBuilder().Add(PropertyId.TopicAliasMaximum, 1).Encoded.ToArray() });
        await subscriber.ReadAsync();
        await subscriber.SubscribeAsync("#", 1, identifier: 5);
        using var publisher = await gateway.ConnectAsync(MqttVersion.V311, "p");

        await publisher.PublishAsync("a", "1");
        await publisher.PublishAsync("a", "2", 1, id: 1);
        await publisher.PublishAsync("b", "3");
        await publisher.PublishAsync("a", "4");

        Assert.Equal("PUBLISH a 1 SubscriptionIdentifier=5 TopicAlias=1", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH  2 qos=1 id=1 SubscriptionIdentifier=5 TopicAlias=1", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH b 3 SubscriptionIdentifier=5", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH  4 SubscriptionIdentifier=5 TopicAlias=1", await subscriber.ReadAsync());
    }

    [Fact]
    public async Task The_gateway_tells_about_itself_those_who_ask_and_nobody_else()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:sys_interval", "50ms");
        using var everything = await gateway.ConnectAsync();
        await everything.SubscribeAsync("#");
        using var client = await gateway.ConnectAsync();

        await client.SubscribeAsync("$SYS/broker/clients/#");
        await ReadUntilAsync("PUBLISH $SYS/broker/clients/connected 2");
        await client.SubscribeAsync("$SYS/broker/version");
        await ReadUntilAsync("PUBLISH $SYS/broker/version RobustMQ version ");
        Assert.Empty(await everything.ReadToPingAsync());

        // It tells whenever its time has come, be it between a subscription and its SUBACK.
        async Task ReadUntilAsync(string start)
        {
            var packets = new List<string> { await client.ReadAsync() };
            while (!packets[^1].StartsWith(start, StringComparison.Ordinal))
            {
                Assert.True(packets.Count < 200, $"{start} does not come: {string.Join(", ", packets)}");
                packets.Add(await client.ReadAsync());
            }
        }
    }
}
