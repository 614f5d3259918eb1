using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Tests.Support;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Transactions, direct replies, and queues shared by gateways.</summary>
public sealed class ChannelTests
{
    [Fact]
    public async Task A_transaction_comes_as_a_whole_or_not_at_all()
    {
        await using var cluster = await AmqpCluster.StartAsync();
        var channel = await cluster.OpenAsync();
        var other = await cluster.OpenAsync();
        await channel.QueueAsync("q");
        await channel.QueueAsync("work");
        await channel.SendAsync(string.Empty, "work", "job");
        await channel.TxSelectAsync();
        var job = await channel.BasicGetAsync("work", autoAck: false);
        await channel.SendAsync(string.Empty, "q", "1", static properties => properties.Persistent = true);
        await channel.BasicAckAsync(job!.DeliveryTag, multiple: false);
        Assert.Equal(0U, await other.CountAsync("q"));
        await channel.TxRollbackAsync();
        await channel.SendAsync(string.Empty, "q", "2", static properties => properties.Persistent = true);
        await channel.BasicAckAsync(job.DeliveryTag, multiple: false);
        await channel.TxCommitAsync();
        Assert.Equal(["2"], await other.DrainAsync("q"));
        await channel.CloseAsync();
        Assert.Equal("(none)", await other.TakeAsync("work"));
    }

    [Fact]
    public async Task A_reply_goes_straight_to_who_asked()
    {
        await using var cluster = await AmqpCluster.StartAsync();
        var server = await cluster.OpenAsync();
        await server.QueueAsync("rpc");
        var requests = await server.ConsumeAsync("rpc", autoAck: true);
        var client = await cluster.OpenAsync();
        var replies = await client.ConsumeAsync("amq.rabbitmq.reply-to", autoAck: true);
        await client.SendAsync(string.Empty, "rpc", "ping", static properties => (properties.ReplyTo, properties.CorrelationId) = ("amq.rabbitmq.reply-to", "1"));
        var request = await requests.NextAsync();
        Assert.StartsWith("amq.rabbitmq.reply-to.", request.Properties.ReplyTo);
        await server.SendAsync(string.Empty, request.Properties.ReplyTo!, "pong", properties => properties.CorrelationId = request.Properties.CorrelationId);
        var reply = await replies.NextAsync();
        Assert.Equal(("pong", "1"), (reply.Text, reply.Properties.CorrelationId));
    }

    [Fact]
    public async Task Gateways_share_queues_and_what_a_dead_one_held_comes_again()
    {
        await using var cluster = await AmqpCluster.StartAsync(gateways: 2, "--amqp:lease", "300ms");
        var first = await cluster.OpenAsync(0, confirms: true);
        var second = await cluster.OpenAsync(1, confirms: true);
        await first.ExchangeDeclareAsync("x", ExchangeType.Fanout, durable: true);
        await first.QueueAsync("q");
        await second.QueueBindAsync("q", "x", "");
        var private_ = (await first.QueueDeclareAsync()).QueueName;
        await second.SendAsync("x", "", "1");
        await first.SendAsync("x", "", "2");
        var held = await first.ConsumeAsync("q");
        Assert.Equal(["1", "2"], await held.TextsAsync(2));
        await cluster.KillGatewayAsync(cluster.Gateways[0]);

        var received = await second.ConsumeAsync("q");
        Assert.Equal(["1", "2"], await received.TextsAsync(2));
        var asking = await cluster.ConnectAsync();
        await Eventually.TrueAsync(async () => !await IsThereAsync(asking, private_), "the dead gateway's exclusive queue is gone");
    }

    private static async Task<bool> IsThereAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync();
        return !(await ChannelExtensions.RefusalOfAsync(() => channel.QueueDeclarePassiveAsync(queue))).StartsWith("404", StringComparison.Ordinal);
    }
}
