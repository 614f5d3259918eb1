using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Tests;

public sealed class SharedSessionTests
{
    [Fact]
    public async Task A_shared_subscription_of_a_session_keeps_messages_while_nobody_is_there_and_any_member_gets_them()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        using (var member = (await gateway.ResumeAsync("me")).Client)
        {
            // An exchange of QoS 2 cannot be handed to another member half through.
            Assert.Equal("SUBACK 77 GrantedQos1", await member.SubscribeAsync("$share/g/a/+", 2));
            await member.LeaveAsync();
        }
        using var publisher = await gateway.ConnectAsync();
        for (ushort id = 1; id <= 4; id++)
        {
            await publisher.PublishAsync("a/1", $"m{id}", 1, id: id);
            Assert.Equal($"PUBACK {id} Success", await publisher.ReadAsync());
        }
        // One with a session that ends with its connection, at another gateway.
        using (var far = await gateway.ConnectAsync(gateway: second))
        {
            await far.SubscribeAsync("$share/g/a/+", 1);
            var first = await far.ReadAsync();
            Assert.StartsWith("PUBLISH a/1 m1 qos=1 id=", first);
            await far.AcknowledgeAsync(PacketType.PubAck, IdOf(first));
            Assert.StartsWith("PUBLISH a/1 m2 qos=1 id=", await far.ReadAsync());
        }
        // What it had and did not acknowledge goes to whoever comes next.
        using var back = (await gateway.ResumeAsync("me")).Client;
        var rest = new List<string>();
        while (rest.Count < 3)
            rest.Add((await back.ReadAsync()).Split(' ')[2]);
        Assert.Equal(["m2", "m3", "m4"], rest.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Members_at_two_gateways_get_each_message_once_and_the_consumer_goes_with_the_last_session()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        var near = (await gateway.ResumeAsync("near")).Client;
        using var _1 = near;
        var far = (await gateway.ResumeAsync("far", second)).Client;
        using var _2 = far;
        await near.SubscribeAsync("$share/g/work", 1);
        await far.SubscribeAsync("$share/g/work", 1);
        using var publisher = await gateway.ConnectAsync();
        for (ushort id = 1; id <= 40; id++)
        {
            await publisher.PublishAsync("work", $"{id}", 1, id: id);
            Assert.Equal($"PUBACK {id} Success", await publisher.ReadAsync());
        }
        var received = new List<string>();
        await Poll.UntilAsync(async () =>
        {
            foreach (var client in new[] { near, far })
            {
                foreach (var packet in await client.ReadToPingAsync())
                {
                    received.Add(packet.Split(' ')[2]);
                    await client.AcknowledgeAsync(PacketType.PubAck, IdOf(packet));
                }
            }
            return received.Count >= 40;
        });
        Assert.Equal(40, received.Distinct().Count());
        Assert.Equal(40, received.Count);
        Assert.Single(await gateway.Storage.Consumers.ListAsync(new ConsumerQuery { NamePrefix = "mqtt/shares/" }));
        await near.UnsubscribeAsync("$share/g/work");
        await far.UnsubscribeAsync("$share/g/work");
        await Poll.UntilAsync(async () => (await gateway.Storage.Consumers.ListAsync(new ConsumerQuery { NamePrefix = "mqtt/shares/" })).Count == 0);
    }

    private static ushort IdOf(string publish) => ushort.Parse(publish.Split("id=")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
}
