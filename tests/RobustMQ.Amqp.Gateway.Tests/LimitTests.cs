using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Amqp.Protocol.Methods;
using static RobustMQ.Amqp.Gateway.Tests.Support.RawClient;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>How much of a gateway one client, and all of them, may have, and who may stop whose flow.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task A_connection_beyond_the_limit_is_refused_until_another_one_ends()
    {
        await using var cluster = await AmqpCluster.StartAsync(1, "--amqp:max_connections", "2");
        using var first = await RawClient.OpenAsync(cluster.Gateways[0]);
        var second = await RawClient.OpenAsync(cluster.Gateways[0]);
        using (var third = await RawClient.ConnectAsync(cluster.Gateways[0]))
        {
            await third.LoginAsync();
            foreach (var expected in new[] { "connection.start", "connection.tune", "close 530 NOT_ALLOWED - connection limit (2) is reached" })
                Assert.Equal(expected, await third.AnswerAsync());
        }
        // Those who are in stay in.
        await first.SendAsync(MethodFrame(1, new QueueDeclare { Queue = "q"u8 }));
        Assert.Equal("queue.declare-ok", await first.AnswerAsync());

        await second.SendAsync(MethodFrame(0, new ConnectionClose { ReplyCode = 200, ReplyText = "bye"u8 }));
        Assert.Equal("connection.close-ok", await second.AnswerAsync());
        // Its socket counts as long as it is there.
        second.Dispose();
        await Eventually.TrueAsync(() => IsLetInAsync(cluster), "the place that was left is taken");
    }

    [Fact]
    public async Task A_client_has_as_many_channels_as_it_was_offered_and_no_more()
    {
        await using var cluster = await AmqpCluster.StartAsync(1, "--amqp:max_channels", "2");
        using var client = await RawClient.OpenAsync(cluster.Gateways[0], channelMax: 2);
        await client.SendAsync([.. MethodFrame(2, default(ChannelOpen)), .. MethodFrame(2, new ChannelClose { ReplyCode = 200 }), .. MethodFrame(2, default(ChannelOpen))]);
        foreach (var expected in new[] { "channel.open-ok", "channel.close-ok", "channel.open-ok" })
            Assert.Equal(expected, await client.AnswerAsync());
        await client.SendAsync(MethodFrame(3, default(ChannelOpen)));
        Assert.Equal("close 530 NOT_ALLOWED - channel number 3 is greater than the negotiated maximum of 2", await client.AnswerAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_care_gets_as_many_channels_as_it_was_offered()
    {
        await using var cluster = await AmqpCluster.StartAsync(1, "--amqp:max_channels", "2");
        using var client = await RawClient.OpenAsync(cluster.Gateways[0], channelMax: 0);
        await client.SendAsync([.. MethodFrame(2, default(ChannelOpen)), .. MethodFrame(3, default(ChannelOpen))]);
        Assert.Equal("channel.open-ok", await client.AnswerAsync());
        Assert.Equal("close 530 NOT_ALLOWED - channel number 3 is greater than the negotiated maximum of 2", await client.AnswerAsync());
    }

    [Fact]
    public async Task A_client_may_let_a_channel_flow_but_not_stop_it()
    {
        await using var cluster = await AmqpCluster.StartAsync();
        using var client = await RawClient.OpenAsync(cluster.Gateways[0]);
        await client.SendAsync(MethodFrame(1, new ChannelFlow { Active = true }));
        Assert.Equal("channel.flow-ok active=True", await client.AnswerAsync());
        await client.SendAsync(MethodFrame(1, new ChannelFlow { Active = false }));
        Assert.Equal("close 540 NOT_IMPLEMENTED - active=false", await client.AnswerAsync());
    }

    [Fact]
    public async Task A_client_that_answers_a_flow_which_nobody_stopped_is_refused()
    {
        await using var cluster = await AmqpCluster.StartAsync();
        using var client = await RawClient.OpenAsync(cluster.Gateways[0]);
        await client.SendAsync(MethodFrame(1, new ChannelFlowOk { Active = true }));
        Assert.Equal("close 503 COMMAND_INVALID - unimplemented method", await client.AnswerAsync());
    }

    private static async Task<bool> IsLetInAsync(AmqpCluster cluster)
    {
        using var client = await RawClient.ConnectAsync(cluster.Gateways[0]);
        await client.LoginAsync();
        Assert.Equal(["connection.start", "connection.tune"], [await client.AnswerAsync(), await client.AnswerAsync()]);
        return await client.AnswerAsync() == "connection.open-ok";
    }
}
