using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Tests;

public sealed class RetainedTests
{
    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_new_subscription_gets_the_last_retained_message_of_every_topic(MqttVersion version)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var publisher = await gateway.ConnectAsync(version, "p");
        await publisher.PublishAsync("a/1", "old", 1, retain: true, id: 1);
        await publisher.PublishAsync("a/1", "new", 1, retain: true, id: 2);
        await publisher.PublishAsync("a/2", "other", 2, retain: true, id: 3);
        await publisher.PublishAsync("b", "no", 1, retain: true, id: 4);
        for (var at = 0; at < 4; at++)
            await publisher.ReadAsync();
        using var subscriber = await gateway.ConnectAsync(version, "s");

        await subscriber.SubscribeAsync("a/+", 1);

        Assert.Equal("PUBLISH a/1 new qos=1 id=1 retain", await subscriber.ReadAsync());
        Assert.Equal("PUBLISH a/2 other qos=1 id=2 retain", await subscriber.ReadAsync());
    }

    [Fact]
    public async Task An_empty_payload_clears_and_is_delivered_like_any_message()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("a", 1, handling: RetainHandling.DoNotSend);
        await client.PublishAsync("a", "x", 1, retain: true, id: 1);
        await client.PublishAsync("a", "", 1, retain: true, id: 2);
        await client.PublishAsync("b", "marker", 1, retain: true, id: 3);
        for (var at = 0; at < 5; at++)
            await client.ReadAsync();

        await client.SubscribeAsync("#", 0);

        Assert.Equal("PUBLISH b marker retain", await client.ReadAsync());
    }

    [Fact]
    public async Task A_client_finds_what_it_has_just_retained_at_qos_0()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        await client.PublishAsync("a/b", "x", retain: true);
        await client.SubscribeAsync("a/b");

        Assert.Equal("PUBLISH a/b x retain", await client.ReadAsync());
    }

    [Fact]
    public async Task Retain_handling_and_retain_as_published_are_as_asked_for()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.PublishAsync("a", "kept", 1, retain: true, id: 1);
        await client.ReadAsync();

        await client.SubscribeAsync("a", handling: RetainHandling.DoNotSend);
        await client.SubscribeAsync("a", handling: RetainHandling.SendIfNew);
        await client.PublishAsync("a", "live", retain: true);
        Assert.Equal("PUBLISH a live", await client.ReadAsync());
        await client.SubscribeAsync("a", asPublished: true, handling: RetainHandling.DoNotSend);
        await client.PublishAsync("a", "live", retain: true);
        Assert.Equal("PUBLISH a live retain", await client.ReadAsync());
        await client.UnsubscribeAsync("a");
        await client.SubscribeAsync("a", handling: RetainHandling.SendIfNew, identifier: 9);
        Assert.Equal("PUBLISH a live retain SubscriptionIdentifier=9", await client.ReadAsync());
    }

    [Fact]
    public async Task Expired_messages_are_gone_and_the_others_count_down()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.PublishAsync("a/dead", "x", 1, retain: true, id: 1, properties: new PropertyBlockBuilder().Add(PropertyId.MessageExpiryInterval, 0));
        await client.PublishAsync("a/live", "x", 1, retain: true, id: 2, properties: new PropertyBlockBuilder().Add(PropertyId.MessageExpiryInterval, 1000).AddUser("k"u8, "v"u8));
        await client.ReadAsync();
        await client.ReadAsync();

        await client.SubscribeAsync("a/#");

        Assert.Matches("^PUBLISH a/live x retain MessageExpiryInterval=(1000|99[0-9]) UserProperty=k:v$", await client.ReadAsync());
    }

    [Fact]
    public async Task Many_retained_messages_arrive_page_by_page_at_any_qos()
    {
        const int Count = 3000;
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:max_pending", "65536", "--mqtt:max_queued_messages", "100");
        using var client = await gateway.ConnectAsync();
        for (var at = 0; at < Count; at++)
            await client.PublishAsync($"many/{at}", new string('x', 200), (byte)(at == Count - 1 ? 1 : 0), retain: true, id: (ushort)(at == Count - 1 ? 1 : 0));
        await client.ReadAsync();
        await client.SubscribeAsync("many/#");

        var topics = new HashSet<string>();
        for (var at = 0; at < Count; at++)
            topics.Add((await client.ReadAsync()).Split(' ')[1]);

        Assert.Equal(Count, topics.Count);
    }

    [Fact]
    public async Task Retained_messages_are_found_through_every_gateway_and_reach_its_subscribers_once()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        using var near = await gateway.ConnectAsync();
        using var far = await gateway.ConnectAsync(gateway: second);
        await far.SubscribeAsync("a", 1, asPublished: true);

        await near.PublishAsync("a", "x", 1, retain: true, id: 1);

        Assert.Equal("PUBLISH a x qos=1 id=1 retain", await far.ReadAsync());
        await near.ReadAsync();
        using var later = await gateway.ConnectAsync(gateway: second);
        await later.SubscribeAsync("a");
        Assert.Equal("PUBLISH a x retain", await later.ReadAsync());
        Assert.Empty(await far.ReadToPingAsync());
    }
}
