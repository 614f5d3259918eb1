using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Mqtt.Gateway.Tests;

public sealed class SessionTests
{
    [Fact]
    public async Task What_is_published_at_qos_1_and_2_while_a_client_is_away_waits_for_it()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var (client, isPresent) = await gateway.ResumeAsync("me");
        using (client)
        {
            Assert.False(isPresent);
            Assert.Equal("SUBACK 77 GrantedQos2", await client.SubscribeAsync("a/+", 2, identifier: 5));
            Assert.Equal("SUBACK 77 GrantedQos1", await client.SubscribeAsync("b/#", 1));
            await client.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        await publisher.PublishAsync("a/1", "one", 1, id: 1);
        await publisher.PublishAsync("a/1", "none", 0);
        await publisher.PublishAsync("a/2", "two", 2, id: 2);
        await publisher.PublishAsync("b/3", "three", 2, id: 3);
        await publisher.PublishAsync("c", "nobody's", 1, id: 4);
        Assert.Equal(["PUBACK 1 Success", "PUBREC 2 Success", "PUBREC 3 Success", "PUBACK 4 NoMatchingSubscribers"], await ReadAsync(publisher, 4));

        (client, isPresent) = await gateway.ResumeAsync("me");
        using var _ = client;
        Assert.True(isPresent);
        Assert.Equal(
            ["PUBLISH a/1 one qos=1 id=1 SubscriptionIdentifier=5", "PUBLISH a/2 two qos=2 id=2 SubscriptionIdentifier=5", "PUBLISH b/3 three qos=1 id=3"],
            await ReadAsync(client, 3));
        await client.AcknowledgeAsync(PacketType.PubAck, 1);
        await client.AcknowledgeAsync(PacketType.PubRec, 2);
        await client.AcknowledgeAsync(PacketType.PubAck, 3);
        Assert.Equal("PUBREL 2 Success", await client.ReadAsync());
        await client.AcknowledgeAsync(PacketType.PubComp, 2);
        await publisher.PublishAsync("a/1", "live", 1, id: 5);
        Assert.Equal("PUBLISH a/1 live qos=1 id=4 SubscriptionIdentifier=5", await client.ReadAsync());
        await publisher.PublishAsync("a/1", "quick", 0);
        Assert.Equal("PUBLISH a/1 quick SubscriptionIdentifier=5", await client.ReadAsync());
    }

    [Fact]
    public async Task What_is_in_flight_survives_restarts_and_a_move_to_another_gateway_under_its_packet_identifier()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var (client, _) = await gateway.ResumeAsync("me", receiveMaximum: 3);
        await client.SubscribeAsync("a", 2);
        using (var publisher = await gateway.ConnectAsync())
        {
            for (ushort id = 1; id <= 5; id++)
                await publisher.PublishAsync("a", $"m{id}", (byte)(id == 2 ? 1 : 2), id: id);
            await ReadAsync(publisher, 5);
        }
        Assert.Equal(["PUBLISH a m1 qos=2 id=1", "PUBLISH a m2 qos=1 id=2", "PUBLISH a m3 qos=2 id=3"], await ReadAsync(client, 3));
        await client.AcknowledgeAsync(PacketType.PubRec, 1);
        Assert.Equal("PUBREL 1 Success", await client.ReadAsync());
        client.Dispose();

        await gateway.RestartAsync();
        (client, var isPresent) = await gateway.ResumeAsync("me", receiveMaximum: 3);
        Assert.True(isPresent);
        Assert.Equal(["PUBREL 1 Success", "PUBLISH a m2 qos=1 id=2 dup", "PUBLISH a m3 qos=2 id=3 dup"], await ReadAsync(client, 3));
        await client.AcknowledgeAsync(PacketType.PubComp, 1);
        Assert.Equal("PUBLISH a m4 qos=2 id=4", await client.ReadAsync());

        var second = await gateway.AddGatewayAsync();
        var (far, _) = await gateway.ResumeAsync("me", second, receiveMaximum: 9);
        using var __ = far;
        Assert.Equal("DISCONNECT SessionTakenOver", await client.ReadAsync());
        client.Dispose();
        Assert.Equal(
            ["PUBLISH a m2 qos=1 id=2 dup", "PUBLISH a m3 qos=2 id=3 dup", "PUBLISH a m4 qos=2 id=4 dup", "PUBLISH a m5 qos=2 id=5"], await ReadAsync(far, 4));
    }

    [Fact]
    public async Task A_publish_at_qos_2_that_was_received_before_is_no_new_one_at_another_gateway()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        var (watcher, _) = await gateway.ResumeAsync("watcher");
        using var _1 = watcher;
        await watcher.SubscribeAsync("a", 1);
        var (client, _) = await gateway.ResumeAsync("me");
        await client.PublishAsync("a", "once", 2, id: 7);
        Assert.Equal("PUBREC 7 Success", await client.ReadAsync());
        client.Dispose();

        (client, _) = await gateway.ResumeAsync("me", second);
        using var _2 = client;
        await client.PublishAsync("a", "once", 2, id: 7, dup: true);
        Assert.Equal("PUBREC 7 Success", await client.ReadAsync());
        await client.AcknowledgeAsync(PacketType.PubRel, 7);
        Assert.Equal("PUBCOMP 7 Success", await client.ReadAsync());
        await client.PublishAsync("a", "new", 2, id: 7);
        Assert.Equal("PUBREC 7 Success", await client.ReadAsync());
        Assert.Equal(["PUBLISH a once qos=1 id=1", "PUBLISH a new qos=1 id=2"], await ReadAsync(watcher, 2));
        Assert.Empty(await watcher.ReadToPingAsync());
    }

    [Fact]
    public async Task A_clean_start_and_an_expiry_of_zero_end_a_session()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using (var first = (await gateway.ResumeAsync("me")).Client)
        {
            await first.SubscribeAsync("a", 1);
            await first.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        await publisher.PublishAsync("a", "x", 1, id: 1);
        Assert.Equal("PUBACK 1 Success", await publisher.ReadAsync());
        using (var clean = (await gateway.ResumeAsync("me", cleanStart: true)).Client)
        {
            Assert.Empty(await clean.ReadToPingAsync());
            await clean.SubscribeAsync("a", 1);
            await clean.DisconnectAsync(properties: new PropertyBlockBuilder().Add(PropertyId.SessionExpiryInterval, 0));
            Assert.Equal("closed", await clean.ReadAsync());
        }
        var (again, isPresent) = await gateway.ResumeAsync("me");
        using (again)
            Assert.False(isPresent);
        await publisher.PublishAsync("a", "x", 1, id: 2);
        Assert.Equal("PUBACK 2 NoMatchingSubscribers", await publisher.ReadAsync());
        // One of 3.1.1 that asks for a session gets one, and is told of it.
        for (var round = 0; round < 2; round++)
        {
            using var old = await gateway.OpenAsync(MqttVersion.V311);
            await old.ConnectAsync(new TestConnect { ClientId = "old", CleanStart = false });
            Assert.Equal($"CONNACK {round} Success", await old.ReadAsync());
            await old.LeaveAsync();
        }
    }

    [Fact]
    public async Task A_session_ends_when_its_time_is_over_and_takes_its_consumer_with_it()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using (var client = (await gateway.ResumeAsync("me", expiry: 1)).Client)
        {
            await client.SubscribeAsync("a", 1);
            await client.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        ushort id = 0;
        // As soon as nobody wants the messages kept any more, they have no receiver.
        await Poll.UntilAsync(async () =>
        {
            await publisher.PublishAsync("a", "x", 1, id: ++id);
            return (await publisher.ReadAsync()).EndsWith("NoMatchingSubscribers", StringComparison.Ordinal);
        });
        Assert.Empty(await gateway.Storage.Consumers.ListAsync(new Records.Consumers.ConsumerQuery { NamePrefix = "mqtt/sessions/" }));
        var (back, isPresent) = await gateway.ResumeAsync("me");
        using (back)
            Assert.False(isPresent);
    }

    [Fact]
    public async Task A_will_waits_for_its_delay_or_the_end_of_the_session_and_is_taken_back_by_a_return()
    {
        var time = new ManualTime();
        await using var gateway = await GatewayFixture.StartAsync(time);
        var second = await gateway.AddGatewayAsync();
        using var watcher = await MoveUntilAsync(time, gateway.ConnectAsync());
        using var early = await MoveUntilAsync(time, gateway.ConnectAsync(gateway: second));
        await watcher.SubscribeAsync("will/#", 1);
        var will = new TestConnect { WillTopic = "will/back", WillPayload = "gone", WillDelay = 1 };
        (await gateway.ResumeAsync("back", connect: will)).Client.Dispose();
        (await gateway.ResumeAsync("lost", connect: will with { WillTopic = "will/lost", WillQos = 1 })).Client.Dispose();
        (await gateway.ResumeAsync("ended", expiry: 1, connect: will with { WillTopic = "will/ended", WillDelay = 1000 })).Client.Dispose();
        (await gateway.ResumeAsync("clean", connect: will with { WillTopic = "will/clean", WillDelay = 1000 })).Client.Dispose();
        using var back = (await gateway.ResumeAsync("back", second)).Client;
        using var clean = await gateway.ConnectAsync(id: "clean", gateway: second);

        var wills = await MoveUntilAsync(time, ReadAsync(watcher, 3));
        Assert.Equal(
            ["PUBLISH will/clean gone", "PUBLISH will/ended gone", "PUBLISH will/lost gone qos=1 id=1"], wills.Order(StringComparer.Ordinal));
        Assert.Empty(await watcher.ReadToPingAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_delayed_will_is_published_when_a_clean_start_ends_the_session_of_a_client_that_is_still_connected_and_not_when_it_goes_on(bool isNear)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var other = isNear ? gateway.Gateway : await gateway.AddGatewayAsync();
        using var watcher = await gateway.ConnectAsync();
        await watcher.SubscribeAsync("will/#", 1);
        for (var round = 0; round < 5; round++)
        {
            var will = new TestConnect { WillTopic = $"will/{round}", WillPayload = "gone", WillDelay = 1000 };
            using var first = (await gateway.ResumeAsync($"me{round}", connect: will)).Client;
            using var resumed = (await gateway.ResumeAsync($"me{round}", other, connect: will with { WillPayload = "of the second" })).Client;
            Assert.Equal("DISCONNECT SessionTakenOver", await first.ReadAsync());
            // Closed when it is settled what becomes of the will.
            Assert.Equal("closed", await first.ReadAsync());
            using var clean = (await gateway.ResumeAsync($"me{round}", cleanStart: true)).Client;
            Assert.Equal($"PUBLISH will/{round} of the second", await watcher.ReadAsync());
        }
        Assert.Empty(await watcher.ReadToPingAsync());
    }

    [Fact]
    public async Task A_delayed_will_outlives_its_gateway()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        // Retained, for it may come before the one who waits for it.
        using (var client = (await gateway.ResumeAsync("me", connect: new TestConnect { WillTopic = "will", WillPayload = "late", WillDelay = 2, WillRetain = true })).Client)
        {
            await gateway.StopGatewaysAsync();
            Assert.Equal("DISCONNECT ServerShuttingDown", await client.ReadAsync());
        }
        await gateway.AddGatewayAsync();
        using var watcher = await gateway.ConnectAsync();
        await watcher.SubscribeAsync("will");
        Assert.StartsWith("PUBLISH will late", await watcher.ReadAsync());
    }

    [Fact]
    public async Task Overlapping_subscriptions_bring_one_copy_and_no_local_none_of_its_own()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var (client, _) = await gateway.ResumeAsync("me");
        using var _1 = client;
        await client.SubscribeAsync("a/#", 0, identifier: 1);
        await client.SubscribeAsync("a/+", 2, identifier: 2, noLocal: true);
        await client.SubscribeAsync("b", 1, noLocal: true);
        await client.PublishAsync("b", "own", 1, id: 1);
        Assert.Equal("PUBACK 1 Success", await client.ReadAsync());
        await client.PublishAsync("a/1", "own", 1, id: 2);
        Assert.Equal(["PUBACK 2 Success", "PUBLISH a/1 own SubscriptionIdentifier=1"], (await ReadAsync(client, 2)).Order(StringComparer.Ordinal));
        using var other = await gateway.ConnectAsync();
        await other.PublishAsync("a/1", "other", 1, id: 1);
        Assert.Equal("PUBACK 1 Success", await other.ReadAsync());
        var packet = await client.ReadAsync();
        Assert.StartsWith("PUBLISH a/1 other qos=1 id=", packet);
        Assert.Contains("SubscriptionIdentifier=1", packet);
        Assert.Contains("SubscriptionIdentifier=2", packet);
        await other.PublishAsync("b", "other", 0);
        Assert.Equal("PUBLISH b other", await client.ReadAsync());
    }

    [Fact]
    public async Task A_session_reads_topics_that_own_its_subjects_and_forgets_what_it_unsubscribes()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.Storage.Topics.CreateAsync(new TopicSpec { Name = TopicName.Parse("owned"), Engine = EngineKind.Segment, Filters = [SubjectFilter.Parse("owned.>")] });
        using (var client = (await gateway.ResumeAsync("me")).Client)
        {
            await client.SubscribeAsync("owned/+", 1);
            await client.SubscribeAsync("other", 1);
            Assert.Equal("UNSUBACK 78 Success", await client.UnsubscribeAsync("other"));
            await client.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        await publisher.PublishAsync("owned/a", "kept", 1, id: 1);
        await publisher.PublishAsync("other", "not kept", 1, id: 2);
        Assert.Equal(["PUBACK 1 Success", "PUBACK 2 NoMatchingSubscribers"], await ReadAsync(publisher, 2));
        using var back = (await gateway.ResumeAsync("me")).Client;
        Assert.Equal("PUBLISH owned/a kept qos=1 id=1", await back.ReadAsync());
        Assert.Empty(await back.ReadToPingAsync());
    }

    [Fact]
    public async Task Messages_that_expire_while_they_wait_are_not_sent_and_the_others_count_down()
    {
        var time = new ManualTime();
        await using var gateway = await GatewayFixture.StartAsync(time);
        using (var client = (await gateway.ResumeAsync("me")).Client)
        {
            await client.SubscribeAsync("a", 1);
            await client.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        await publisher.PublishAsync("a", "short", 1, id: 1, properties: new PropertyBlockBuilder().Add(PropertyId.MessageExpiryInterval, 1));
        await publisher.PublishAsync("a", "long", 1, id: 2, properties: new PropertyBlockBuilder().Add(PropertyId.MessageExpiryInterval, 1000));
        await ReadAsync(publisher, 2);
        time.Advance(TimeSpan.FromMilliseconds(1500));
        using var back = (await gateway.ResumeAsync("me")).Client;
        Assert.Matches("^PUBLISH a long qos=1 id=[12] MessageExpiryInterval=999$", await back.ReadAsync());
    }

    [Fact]
    public async Task A_session_keeps_no_more_than_its_limit_and_gives_up_the_oldest()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:max_session_messages", "3");
        using (var client = (await gateway.ResumeAsync("me")).Client)
        {
            await client.SubscribeAsync("a", 1);
            await client.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        for (ushort id = 1; id <= 6; id++)
        {
            await publisher.PublishAsync("a", $"m{id}", 1, id: id);
            Assert.Equal($"PUBACK {id} Success", await publisher.ReadAsync());
        }
        using var back = (await gateway.ResumeAsync("me")).Client;
        var packets = await ReadAsync(back, 3);
        Assert.Equal(["m4", "m5", "m6"], packets.Select(packet => packet.Split(' ')[2]));
    }

    [Fact]
    public async Task What_a_connect_leaves_that_the_storage_node_cut_off_is_not_taken_for_the_session_that_was_over_before()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var (client, _) = await gateway.ResumeAsync("me");
        using (client)
        {
            await client.SubscribeAsync("a", 1);
            await client.LeaveAsync();
        }
        // Its time is over, and the connect that found it so got no further than to the consumer of a new one.
        var consumer = SessionName.Of(Namespace.Default, "me").Consumer;
        Assert.Equal(ErrorCode.None, (await gateway.Storage.Consumers.DeleteAsync(new ConsumerDelete { Consumer = consumer })).Error);
        var cutOff = new ConsumerSpec
        {
            Consumer = consumer,
            Start = ConsumerStart.New,
            Members = MemberPolicy.Exclusive,
            InactiveExpiry = TimeSpan.FromHours(1),
            Labels = new Dictionary<string, string> { [StoredSessions.BeganLabel] = "1000000" },
        };
        Assert.True((await gateway.Storage.Consumers.CreateAsync(cutOff)).Succeeded);

        var (back, isPresent) = await gateway.ResumeAsync("me");
        using (back)
        {
            Assert.False(isPresent);
            Assert.Equal("UNSUBACK 78 NoSubscriptionExisted", await back.UnsubscribeAsync("a"));
            await back.SubscribeAsync("a", 1);
            await back.LeaveAsync();
        }
        var (again, isPresentAgain) = await gateway.ResumeAsync("me");
        using (again)
            Assert.True(isPresentAgain);
    }

    [Fact]
    public async Task A_session_keeps_no_more_bytes_than_its_limit_and_gives_up_the_oldest()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:max_session_bytes", "4096");
        using (var client = (await gateway.ResumeAsync("me")).Client)
        {
            await client.SubscribeAsync("a", 1);
            await client.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        for (ushort id = 1; id <= 10; id++)
        {
            await publisher.PublishAsync("a", $"m{id}{new string('x', 1000)}", 1, id: id);
            Assert.Equal($"PUBACK {id} Success", await publisher.ReadAsync());
        }
        using var back = (await gateway.ResumeAsync("me")).Client;
        var kept = 1;
        while (await back.ReadAsync() is var packet && !packet.StartsWith("PUBLISH a m10x", StringComparison.Ordinal))
        {
            Assert.StartsWith("PUBLISH a m", packet);
            kept++;
        }
        Assert.InRange(kept, 1, 4);
        Assert.Empty(await back.ReadToPingAsync());
    }

    /// <summary>Moves the clock until something has come that may wait for it.</summary>
    private static async Task<T> MoveUntilAsync<T>(ManualTime time, Task<T> awaited)
    {
        await Poll.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            return Task.FromResult(awaited.IsCompleted);
        });
        return await awaited;
    }

    private static async Task<List<string>> ReadAsync(TestClient client, int count)
    {
        var packets = new List<string>();
        while (packets.Count < count)
            packets.Add(await client.ReadAsync());
        return packets;
    }
}
