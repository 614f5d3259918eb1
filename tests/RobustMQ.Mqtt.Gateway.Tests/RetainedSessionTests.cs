using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>Retained messages that a session's client has not got through when its connection ends.</summary>
public sealed class RetainedSessionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_in_flight_comes_again_under_its_identifier_and_the_rest_after_it(bool restarts)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await RetainAsync(gateway, 1, 2, 2, 1, 1);
        var (client, _) = await gateway.ResumeAsync("me", receiveMaximum: 3);
        await client.SubscribeAsync("a/+", 2, identifier: 9);
        Assert.Equal(
            [Publish(0, "qos=1 id=49152"), Publish(1, "qos=2 id=49153"), Publish(2, "qos=2 id=49154")], await ReadAsync(client, 3));
        await client.AcknowledgeAsync(PacketType.PubRec, 49153);
        Assert.Equal("PUBREL 49153 Success", await client.ReadAsync());

        var (back, isPresent) = await ComeBackAsync(gateway, client, restarts);
        Assert.True(isPresent);
        Assert.Equal([Publish(0, "qos=1 id=49152 dup"), "PUBREL 49153 Success", Publish(2, "qos=2 id=49154 dup")], await ReadAsync(back, 3));
        await back.AcknowledgeAsync(PacketType.PubAck, 49152);
        await back.AcknowledgeAsync(PacketType.PubComp, 49153);
        Assert.Equal(Publish(3, "qos=1 id=49155"), await back.ReadAsync());
        await back.AcknowledgeAsync(PacketType.PubAck, 49155);
        Assert.Equal(Publish(4, "qos=1 id=49156"), await back.ReadAsync());
        await back.AcknowledgeAsync(PacketType.PubRec, 49154);
        Assert.Equal("PUBREL 49154 Success", await back.ReadAsync());
        await back.AcknowledgeAsync(PacketType.PubComp, 49154);
        await back.AcknowledgeAsync(PacketType.PubAck, 49156);

        await CloseAsync(back);
        using var again = (await gateway.ResumeAsync("me")).Client;
        Assert.Empty(await again.ReadToPingAsync());
    }

    [Fact]
    public async Task What_was_replaced_or_cleared_meanwhile_is_not_sent_again_but_its_successor_is_sent()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await RetainAsync(gateway, 1, 1, 1);
        var (client, _) = await gateway.ResumeAsync("me");
        await client.SubscribeAsync("a/+", 1);
        await ReadAsync(client, 3);
        await CloseAsync(client);
        using var publisher = await gateway.ConnectAsync();
        await publisher.PublishAsync("a/0", "newer", 1, retain: true, id: 1);
        await publisher.PublishAsync("a/1", "", 1, retain: true, id: 2);
        await ReadAsync(publisher, 2);

        using var back = (await gateway.ResumeAsync("me")).Client;

        var packets = await ReadAsync(back, 3);
        Assert.Equal(["PUBLISH a/0 newer qos=1 id=1", "PUBLISH a/1  qos=1 id=2", "PUBLISH a/2 kept qos=1 id=49154 dup retain"], packets.Order(StringComparer.Ordinal));
        Assert.Empty(await back.ReadToPingAsync());
    }

    [Fact]
    public async Task A_client_that_has_unsubscribed_still_gets_what_was_under_way_and_no_more()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await RetainAsync(gateway, 1, 1, 1);
        var (client, _) = await gateway.ResumeAsync("me", receiveMaximum: 2);
        await client.SubscribeAsync("a/+", 1);
        await ReadAsync(client, 2);
        await client.UnsubscribeAsync("a/+");
        await CloseAsync(client);

        using var back = (await gateway.ResumeAsync("me")).Client;

        Assert.Equal(["PUBLISH a/0 kept qos=1 id=49152 dup retain", "PUBLISH a/1 kept qos=1 id=49153 dup retain"], await ReadAsync(back, 2));
        Assert.Empty(await back.ReadToPingAsync());
    }

    [Fact]
    public async Task A_clean_start_owes_nothing()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await RetainAsync(gateway, 1);
        var (client, _) = await gateway.ResumeAsync("me");
        await client.SubscribeAsync("a/+", 1);
        await ReadAsync(client, 1);
        await CloseAsync(client);
        var (clean, isPresent) = await gateway.ResumeAsync("me", cleanStart: true);
        Assert.False(isPresent);
        Assert.Empty(await clean.ReadToPingAsync());
        await CloseAsync(clean);
        using var back = (await gateway.ResumeAsync("me")).Client;
        Assert.Empty(await back.ReadToPingAsync());
    }

    private static string Publish(int at, string rest) => $"PUBLISH a/{at} kept {rest} retain SubscriptionIdentifier=9";

    /// <summary><c>a/0</c>, <c>a/1</c>, ... at these levels of QoS.</summary>
    private static async Task RetainAsync(GatewayFixture gateway, params byte[] qos)
    {
        using var publisher = await gateway.ConnectAsync();
        // One after the other: what is sent while the first brings the topic of retained messages into being may overtake it.
        for (var at = 0; at < qos.Length; at++)
        {
            await publisher.PublishAsync($"a/{at}", "kept", qos[at], retain: true, id: (ushort)(at + 1));
            await ReadAsync(publisher, 1);
        }
    }

    private static async Task<(TestClient Client, bool IsPresent)> ComeBackAsync(GatewayFixture gateway, TestClient client, bool restarts)
    {
        if (restarts)
        {
            client.Dispose();
            await gateway.RestartAsync();
            return await gateway.ResumeAsync("me", receiveMaximum: 3);
        }
        var (back, isPresent) = await gateway.ResumeAsync("me", await gateway.AddGatewayAsync(), receiveMaximum: 3);
        Assert.Equal("DISCONNECT SessionTakenOver", await client.ReadAsync());
        client.Dispose();
        return (back, isPresent);
    }

    /// <summary>Ends without a goodbye, and waits until the gateway has noticed.</summary>
    private static async Task CloseAsync(TestClient client)
    {
        await client.DisconnectAsync(ReasonCode.DisconnectWithWill);
        while (await client.ReadAsync() != "closed")
        {
        }
        client.Dispose();
    }

    private static async Task<List<string>> ReadAsync(TestClient client, int count)
    {
        var packets = new List<string>();
        while (packets.Count < count)
            packets.Add(await client.ReadAsync());
        return packets;
    }
}
