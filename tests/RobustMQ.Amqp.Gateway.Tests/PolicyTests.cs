using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>What queues do with messages beyond keeping them: limits, times, dead letters, priorities, who is active.</summary>
public sealed class PolicyTests : IAsyncLifetime
{
    private AmqpCluster _cluster = null!;
    private IChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _cluster = await AmqpCluster.StartAsync();
        _channel = await _cluster.OpenAsync(confirms: true);
        await _channel.QueueAsync("dead");
        await _channel.QueueBindAsync("dead", "amq.fanout", "");
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_rejected_message_goes_to_the_dead_letter_exchange_and_tells_where_it_was()
    {
        await _channel.QueueAsync("q", ("x-dead-letter-exchange", "amq.fanout"));
        await _channel.QueueBindAsync("q", "amq.direct", "k");
        await _channel.SendAsync("amq.direct", "k", "1", static properties => properties.CorrelationId = "c");
        var received = await _channel.ConsumeAsync("q");
        await _channel.BasicRejectAsync((await received.NextAsync()).Tag, requeue: false);

        var dead = await (await _channel.ConsumeAsync("dead")).NextAsync();
        Assert.Equal(("1", "amq.fanout", "k", "c"), (dead.Text, dead.Exchange, dead.RoutingKey, dead.Properties.CorrelationId));
        var death = Assert.IsType<Dictionary<string, object?>>(Assert.Single((List<object?>)dead.Properties.Headers!["x-death"]!));
        Assert.Equal((1L, "rejected", "q", "amq.direct"), (death["count"], Text(death["reason"]), Text(death["queue"]), Text(death["exchange"])));
        Assert.Equal("k", Text(Assert.Single((List<object?>)death["routing-keys"]!)));
        Assert.Equal(("rejected", "q"), (Text(dead.Properties.Headers["x-first-death-reason"]), Text(dead.Properties.Headers["x-last-death-queue"])));
    }

    [Fact]
    public async Task Messages_expire_by_their_own_time_and_by_the_queues()
    {
        await _channel.QueueAsync("own", ("x-dead-letter-exchange", "amq.fanout"));
        await _channel.QueueAsync("queues", ("x-dead-letter-exchange", "amq.fanout"), ("x-message-ttl", 30));
        await _channel.SendAsync(string.Empty, "own", "1", static properties => properties.Expiration = "30");
        await _channel.SendAsync(string.Empty, "queues", "2");

        var received = await _channel.ConsumeAsync("dead");
        var dead = new[] { await received.NextAsync(), await received.NextAsync() }.OrderBy(static message => message.Text).ToList();
        Assert.Equal(["1", "2"], dead.Select(static message => message.Text));
        Assert.All(dead, static message => Assert.Equal("expired", Text(message.Properties.Headers!["x-first-death-reason"])));
        Assert.False(dead[0].Properties.IsExpirationPresent());
        Assert.Equal(0U, await _channel.CountAsync("own"));
    }

    [Fact]
    public async Task A_full_queue_drops_its_oldest_messages()
    {
        await _channel.QueueAsync("q", ("x-max-length", 2), ("x-dead-letter-exchange", "amq.fanout"), ("x-dead-letter-routing-key", "full"));
        foreach (var body in new[] { "1", "2", "3", "4" })
            await _channel.SendAsync(string.Empty, "q", body);
        var received = await _channel.ConsumeAsync("dead");
        var first = await received.NextAsync();
        Assert.Equal(("1", "full", "maxlen"), (first.Text, first.RoutingKey, Text(first.Properties.Headers!["x-last-death-reason"])));
        Assert.Equal("2", await received.TextAsync());
        Assert.Equal(["3", "4"], await _channel.DrainAsync("q"));
    }

    [Theory]
    [InlineData("reject-publish", false)]
    [InlineData("reject-publish-dlx", true)]
    public async Task A_full_queue_refuses_messages_where_it_was_told_to(string overflow, bool isTold)
    {
        await _channel.QueueAsync("q", ("x-max-length", 2), ("x-overflow", overflow), ("x-dead-letter-exchange", "amq.fanout"));
        await _channel.SendAsync(string.Empty, "q", "1");
        await _channel.SendAsync(string.Empty, "q", "2");
        await Assert.ThrowsAsync<PublishException>(async () => await _channel.SendAsync(string.Empty, "q", "3"));
        Assert.Equal(["1", "2"], await _channel.DrainAsync("q"));
        if (isTold)
            Assert.Equal("3", await (await _channel.ConsumeAsync("dead")).TextAsync());
    }

    [Fact]
    public async Task Higher_priorities_come_first()
    {
        await _channel.QueueAsync("q", ("x-max-priority", 10));
        foreach (var (body, priority) in new[] { ("low", 1), ("none", 0), ("high", 9), ("high again", 9), ("middle", 5) })
            await _channel.SendAsync(string.Empty, "q", body, properties => properties.Priority = (byte)priority);
        Assert.Equal(["high", "high again", "middle", "low", "none"], await _channel.DrainAsync("q"));
    }

    [Fact]
    public async Task A_single_active_consumer_is_followed_by_the_next()
    {
        await _channel.QueueAsync("q", ("x-single-active-consumer", true));
        var first = await _channel.ConsumeAsync("q", autoAck: true);
        var second = await _channel.ConsumeAsync("q", autoAck: true);
        foreach (var body in new[] { "1", "2" })
            await _channel.SendAsync(string.Empty, "q", body);
        Assert.Equal(["1", "2"], await first.TextsAsync(2));
        await _channel.BasicCancelAsync(first.Tag);
        await _channel.SendAsync(string.Empty, "q", "3");
        Assert.Equal("3", await second.TextAsync());
    }

    [Fact]
    public async Task Consumers_of_higher_priority_get_messages_first()
    {
        await _channel.QueueAsync("q");
        await _channel.BasicQosAsync(0, 1, global: false);
        var low = await _channel.ConsumeAsync("q");
        var high = await _channel.ConsumeAsync("q", arguments: new Dictionary<string, object?> { ["x-priority"] = 10 });
        await _channel.SendAsync(string.Empty, "q", "1");
        Assert.Equal("1", await high.TextAsync());
        await _channel.SendAsync(string.Empty, "q", "2");
        Assert.Equal("2", await low.TextAsync());
    }

    [Fact]
    public async Task An_exclusive_consumer_keeps_others_out()
    {
        await _channel.QueueAsync("q");
        await _channel.ConsumeAsync("q", exclusive: true);
        Assert.Equal("403 ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use", await ChannelExtensions.RefusalOfAsync(() => _channel.ConsumeAsync("q")));
    }

    [Fact]
    public async Task A_message_that_fails_too_often_is_given_up()
    {
        await _channel.QueueAsync("q", ("x-queue-type", "quorum"), ("x-delivery-limit", 2), ("x-dead-letter-exchange", "amq.fanout"));
        await _channel.SendAsync(string.Empty, "q", "1");
        var received = await _channel.ConsumeAsync("q");
        for (var failed = 0; failed < 3; failed++)
        {
            var message = await received.NextAsync();
            Assert.Equal(failed == 0 ? null : (long?)failed, message.Properties.Headers!.TryGetValue("x-delivery-count", out var count) ? (long?)count : null);
            await _channel.BasicRejectAsync(message.Tag, requeue: true);
        }
        var dead = await (await _channel.ConsumeAsync("dead")).NextAsync();
        Assert.Equal("delivery_limit", Text(dead.Properties.Headers!["x-first-death-reason"]));
    }

    [Fact]
    public async Task An_unused_queue_expires_and_its_consumers_keep_it()
    {
        // Long enough for its consumer to come in time on a slow machine.
        await _channel.QueueAsync("used", ("x-expires", 2000));
        await _channel.ConsumeAsync("used");
        await _channel.QueueAsync("q", ("x-expires", 2000));
        var connection = await _cluster.ConnectAsync();
        await Eventually.TrueAsync(async () => !await IsThereAsync(connection, "q"), "the unused queue is gone");
        Assert.True(await IsThereAsync(connection, "used"));
    }

    [Fact]
    public async Task Dead_letters_are_routed_again_after_their_own_consumer_was_lost()
    {
        await _channel.QueueAsync("q", ("x-dead-letter-exchange", "amq.fanout"), ("x-max-length", 1));
        var received = await _channel.ConsumeAsync("dead");
        foreach (var body in new[] { "1", "2" })
            await _channel.SendAsync(string.Empty, "q", body);
        Assert.Equal("1", await received.TextAsync());
        await _cluster.Storage.Consumers.DeleteAsync(new ConsumerDelete { Consumer = new ConsumerRef(Namespace.Default, "amqp/dead-letters") });
        await _channel.SendAsync(string.Empty, "q", "3");
        // What was routed and not yet acknowledged when the consumer was lost comes again.
        var next = await received.TextAsync();
        while (next == "1")
            next = await received.TextAsync();
        Assert.Equal("2", next);
    }

    [Fact]
    public async Task Messages_that_only_go_round_end()
    {
        await _channel.QueueAsync("round", ("x-message-ttl", 20), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "round"));
        await _channel.QueueAsync("retry", ("x-message-ttl", 20), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "work"));
        await _channel.QueueAsync("work", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "retry"));
        await _channel.SendAsync(string.Empty, "round", "lost");
        await _channel.SendAsync(string.Empty, "work", "kept");
        var received = await _channel.ConsumeAsync("work");
        for (var round = 0; round < 3; round++)
            await _channel.BasicRejectAsync((await received.NextAsync()).Tag, requeue: false);
        var message = await received.NextAsync();
        Assert.Equal("kept", message.Text);
        Assert.Equal(3L, ((Dictionary<string, object?>)((List<object?>)message.Properties.Headers!["x-death"]!)[0]!)["count"]);
        Assert.Equal(0U, await _channel.CountAsync("round"));
    }

    private static async Task<bool> IsThereAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            await channel.QueueDeclarePassiveAsync(queue);
            return true;
        }
        catch (OperationInterruptedException)
        {
            return false;
        }
    }

    private static string Text(object? value) => Encoding.UTF8.GetString((byte[])value!);
}
