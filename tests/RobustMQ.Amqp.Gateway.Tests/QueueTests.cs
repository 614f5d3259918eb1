using System.Text;
using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Tests.Support;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Queues as RabbitMQ's client sees them.</summary>
public sealed class QueueTests : IAsyncLifetime
{
    private AmqpCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await AmqpCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_message_comes_back_as_it_was_sent()
    {
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
        var headers = new Dictionary<string, object?> { ["text"] = "value", ["number"] = 5L, ["yes"] = true, ["list"] = new List<object?> { 1, "two" } };
        await channel.SendAsync(string.Empty, "q", "hello", properties =>
        {
            properties.ContentType = "text/plain";
            properties.CorrelationId = "c";
            properties.ReplyTo = "r";
            properties.MessageId = "m";
            properties.Timestamp = new AmqpTimestamp(1_700_000_000);
            properties.Type = "t";
            properties.AppId = "a";
            properties.Priority = 4;
            properties.Persistent = true;
            properties.Headers = headers;
        });

        var received = await channel.ConsumeAsync("q");
        var message = await received.NextAsync();

        Assert.Equal(("hello", 1UL, false, string.Empty, "q"), (message.Text, message.Tag, message.Redelivered, message.Exchange, message.RoutingKey));
        var properties = message.Properties;
        Assert.Equal(("text/plain", "c", "r", "m", "t", "a"), (properties.ContentType, properties.CorrelationId, properties.ReplyTo, properties.MessageId, properties.Type, properties.AppId));
        Assert.Equal((4, true, 1_700_000_000L), (properties.Priority, properties.Persistent, properties.Timestamp.UnixTime));
        Assert.Equal("value", Encoding.UTF8.GetString((byte[])properties.Headers!["text"]!));
        Assert.Equal(5L, properties.Headers["number"]);
        Assert.Equal(true, properties.Headers["yes"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(131_064)]
    [InlineData(131_065)]
    [InlineData(1_000_000)]
    public async Task A_body_of_any_size_comes_back(int bytes)
    {
        var channel = await _cluster.OpenAsync(confirms: true);
        await channel.QueueAsync("q");
        var body = new byte[bytes];
        new Random(bytes).NextBytes(body);
        await channel.BasicPublishAsync(string.Empty, "q", body);

        Assert.Equal(body, (await channel.BasicGetAsync("q", autoAck: true))!.Body.ToArray());
    }

    [Fact]
    public async Task Messages_are_counted_fetched_and_purged()
    {
        var channel = await _cluster.OpenAsync();
        Assert.Equal(0U, (await channel.QueueAsync("q")).MessageCount);
        foreach (var body in new[] { "1", "2", "3", "4" })
            await channel.SendAsync(string.Empty, "q", body);

        Assert.Equal(4U, await channel.CountAsync("q"));
        var first = await channel.BasicGetAsync("q", autoAck: false);
        Assert.Equal(("1", 3U, false), (first!.Body.Text(), first.MessageCount, first.Redelivered));
        Assert.Equal("2", await channel.TakeAsync("q"));
        Assert.Equal(2U, await channel.QueuePurgeAsync("q"));
        Assert.Equal("(none)", await channel.TakeAsync("q"));
        await channel.BasicNackAsync(first.DeliveryTag, multiple: false, requeue: true);
        var again = await channel.BasicGetAsync("q", autoAck: true);
        Assert.Equal(("1", true), (again!.Body.Text(), again.Redelivered));
        Assert.Equal(0U, await channel.QueueDeleteAsync("q"));
    }

    [Fact]
    public async Task What_is_not_acknowledged_goes_back_when_the_channel_is_closed()
    {
        var first = await _cluster.OpenAsync();
        await first.QueueAsync("q");
        foreach (var body in new[] { "1", "2", "3" })
            await first.SendAsync(string.Empty, "q", body);
        var received = await first.ConsumeAsync("q");
        Assert.Equal(["1", "2", "3"], await received.TextsAsync(3));
        await first.BasicAckAsync(2, multiple: false);
        await first.CloseAsync();

        var second = await _cluster.OpenAsync();
        var again = await second.ConsumeAsync("q");
        var messages = new[] { await again.NextAsync(), await again.NextAsync() };
        Assert.Equal([("1", true), ("3", true)], messages.Select(static message => (message.Text, message.Redelivered)));
    }

    [Fact]
    public async Task A_prefetch_limit_holds_back_what_is_beyond_it()
    {
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
        foreach (var body in new[] { "1", "2", "3", "4" })
            await channel.SendAsync(string.Empty, "q", body);
        await channel.BasicQosAsync(0, 2, global: false);
        var limited = await channel.ConsumeAsync("q");
        Assert.Equal(["1", "2"], await limited.TextsAsync(2));
        // The others are still in the queue.
        Assert.Equal(2U, await channel.CountAsync("q"));
        await channel.BasicAckAsync(2, multiple: true);
        Assert.Equal(["3", "4"], await limited.TextsAsync(2));
    }

    [Fact]
    public async Task A_common_limit_holds_for_all_consumers_of_a_channel()
    {
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
        await channel.BasicQosAsync(0, 2, global: true);
        var first = await channel.ConsumeAsync("q");
        var second = await channel.ConsumeAsync("q");
        foreach (var body in new[] { "1", "2", "3", "4" })
            await channel.SendAsync(string.Empty, "q", body);
        // Deliveries and answers to this channel keep their order: what follows an answer of another method has come before it.
        await Eventually.TrueAsync(() => first.Waiting + second.Waiting >= 2, "as many as the limit allows come");
        await _cluster.OpenAsync();
        Assert.Equal(2, first.Waiting + second.Waiting);
        await channel.BasicAckAsync(2, multiple: true);
        await Eventually.TrueAsync(() => first.Waiting + second.Waiting == 4, "the others come");
    }

    [Fact]
    public async Task A_rejected_message_comes_again_at_its_place()
    {
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
        foreach (var body in new[] { "1", "2", "3" })
            await channel.SendAsync(string.Empty, "q", body);
        await channel.BasicQosAsync(0, 1, global: false);
        var received = await channel.ConsumeAsync("q");
        var first = await received.NextAsync();
        await channel.BasicRejectAsync(first.Tag, requeue: true);
        var again = await received.NextAsync();
        Assert.Equal(("1", true), (again.Text, again.Redelivered));
        await channel.BasicRejectAsync(again.Tag, requeue: false);
        Assert.Equal("2", await received.TextAsync());
    }

    [Fact]
    public async Task Confirms_come_for_every_message_and_a_mandatory_one_without_a_queue_is_returned()
    {
        var channel = await _cluster.OpenAsync(confirms: true);
        await channel.QueueAsync("q");
        var returned = new TaskCompletionSource<string>();
        channel.BasicReturnAsync += (_, message) =>
        {
            returned.TrySetResult($"{message.ReplyCode} {message.ReplyText} {message.RoutingKey} {message.Body.Text()}");
            return Task.CompletedTask;
        };
        for (var count = 0; count < 200; count++)
            await channel.SendAsync(string.Empty, "q", $"{count}", static properties => properties.Persistent = true);
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.PublishReturnException>(async () => await channel.SendAsync(string.Empty, "nowhere", "lost", mandatory: true));

        Assert.Equal("312 NO_ROUTE nowhere lost", await returned.Task.WaitAsync(AmqpCluster.Deadline));
        Assert.Equal(200U, await channel.CountAsync("q"));
    }

    [Fact]
    public async Task A_consumer_is_told_when_its_queue_is_deleted()
    {
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
        var received = await channel.ConsumeAsync("q");
        var other = await _cluster.OpenAsync();
        await other.QueueDeleteAsync("q");
        await received.Cancelled;
    }

    [Fact]
    public async Task Cancelled_consumers_get_nothing_more_and_may_still_acknowledge()
    {
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
        await channel.SendAsync(string.Empty, "q", "1");
        var received = await channel.ConsumeAsync("q");
        var first = await received.NextAsync();
        await channel.BasicCancelAsync(received.Tag);
        await channel.SendAsync(string.Empty, "q", "2");
        Assert.Equal("2", await channel.TakeAsync("q"));
        await channel.BasicAckAsync(first.Tag, multiple: false);
        await channel.CloseAsync();
        Assert.Equal(0U, await (await _cluster.OpenAsync()).CountAsync("q"));
        Assert.Equal(0, received.Waiting);
    }

    [Fact]
    public async Task Queues_go_with_their_connection_or_their_last_consumer()
    {
        var first = await _cluster.OpenAsync();
        var other = await _cluster.OpenAsync();
        var named = (await first.QueueDeclareAsync()).QueueName;
        Assert.StartsWith("amq.gen-", named);
        Assert.StartsWith("405 RESOURCE_LOCKED - cannot obtain exclusive access to locked queue", await ChannelExtensions.RefusalOfAsync(() => other.QueueDeclarePassiveAsync(named)));
        other = await _cluster.OpenAsync();
        await other.QueueDeclareAsync("auto", durable: false, exclusive: false, autoDelete: true);
        var received = await other.ConsumeAsync("auto");
        await other.BasicCancelAsync(received.Tag);
        Assert.StartsWith("404 NOT_FOUND - no queue 'auto' in vhost '/'", await ChannelExtensions.RefusalOfAsync(() => other.QueueDeclarePassiveAsync("auto")));
    }

    [Fact]
    public async Task Durable_queues_and_persistent_messages_survive_a_restart_and_the_others_do_not()
    {
        var channel = await _cluster.OpenAsync(confirms: true);
        await channel.ExchangeDeclareAsync("x", ExchangeType.Topic, durable: true);
        await channel.QueueAsync("kept");
        await channel.QueueBindAsync("kept", "x", "a.#");
        await channel.QueueDeclareAsync("lost", durable: false, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync("lost", "x", "#");
        await channel.SendAsync("x", "a.b", "1", static properties => properties.Persistent = true);
        await channel.SendAsync(string.Empty, "kept", "2", static properties => properties.Persistent = true);
        await _cluster.RestartAsync();

        channel = await _cluster.OpenAsync(confirms: true);
        Assert.Equal(["1", "2"], (await channel.DrainAsync("kept")).Order());
        await channel.SendAsync("x", "a.c", "3");
        Assert.Equal("3", await channel.TakeAsync("kept"));
        Assert.StartsWith("404", await ChannelExtensions.RefusalOfAsync(() => channel.QueueDeclarePassiveAsync("lost")));
    }
}
