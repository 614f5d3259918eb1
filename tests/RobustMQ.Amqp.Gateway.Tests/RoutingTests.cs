using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Tests.Support;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Where messages go: exchanges of every kind, over bindings, other exchanges and alternates.</summary>
public sealed class RoutingTests : IAsyncLifetime
{
    private AmqpCluster _cluster = null!;
    private IChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _cluster = await AmqpCluster.StartAsync();
        _channel = await _cluster.OpenAsync(confirms: true);
        foreach (var queue in new[] { "a", "b", "c" })
            await _channel.QueueAsync(queue);
        await _channel.QueueDeclareAsync("t", durable: false, exclusive: false, autoDelete: false);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_direct_exchange_compares_keys()
    {
        await _channel.QueueBindAsync("a", "amq.direct", "k");
        await _channel.QueueBindAsync("b", "amq.direct", "k");
        await _channel.QueueBindAsync("c", "amq.direct", "other");
        await _channel.QueueBindAsync("t", "amq.direct", "");
        await _channel.SendAsync("amq.direct", "k", "1");
        await _channel.SendAsync("amq.direct", "", "2");
        await _channel.SendAsync("amq.direct", "k.*", "3");
        await ExpectAsync("1", "1", "", "2");
    }

    [Fact]
    public async Task A_fanout_exchange_stores_a_message_once_for_all_its_durable_queues()
    {
        foreach (var queue in new[] { "a", "b", "c", "t" })
            await _channel.QueueBindAsync(queue, "amq.fanout", "ignored");
        foreach (var body in new[] { "1", "2", "3" })
            await _channel.SendAsync("amq.fanout", "any key / at all", body);
        var log = new Records.TopicPartition(default, Records.TopicName.Parse("_amqp.x.n.amq.fanout"), 0);
        Assert.Equal(3, (await _cluster.Storage.Logs.OffsetsAsync(log)).RecordCount);
        await ExpectAsync("1 2 3", "1 2 3", "1 2 3", "1 2 3");
    }

    [Fact]
    public async Task A_topic_exchange_matches_patterns()
    {
        await _channel.ExchangeDeclareAsync("x", ExchangeType.Topic, durable: true);
        await _channel.QueueBindAsync("a", "x", "stock.*.nyse");
        await _channel.QueueBindAsync("b", "x", "stock.#");
        await _channel.QueueBindAsync("c", "x", "#.nyse");
        await _channel.QueueBindAsync("t", "x", "*");
        var keys = new[] { "stock.usd.nyse", "stock", "stock.nyse", "nyse", "stock.a.b.nyse", "other", "stock..nyse" };
        foreach (var key in keys)
            await _channel.SendAsync("x", key, key);
        await ExpectAsync(
            "stock.usd.nyse stock..nyse", "stock.usd.nyse stock stock.nyse stock.a.b.nyse stock..nyse", "stock.usd.nyse stock.nyse nyse stock.a.b.nyse stock..nyse", "stock nyse other");
    }

    [Fact]
    public async Task A_headers_exchange_asks_for_all_or_any()
    {
        await BindAsync("a", ("x-match", "all"), ("kind", "report"), ("size", 5));
        await BindAsync("b", ("x-match", "any"), ("kind", "report"), ("size", 5));
        await BindAsync("c", ("x-match", "any-with-x"), ("x-kind", "report"));
        await SendAsync("1", ("kind", "report"), ("size", 5L));
        await SendAsync("2", ("size", 5));
        await SendAsync("3", ("x-kind", "report"));
        await ExpectAsync("1", "1 2", "3", "");

        Task BindAsync(string queue, params (string, object?)[] arguments) => _channel.QueueBindAsync(queue, "amq.headers", "", arguments.ToDictionary());

        ValueTask SendAsync(string body, params (string, object?)[] headers) => _channel.SendAsync("amq.headers", "", body, properties => properties.Headers = headers.ToDictionary());
    }

    [Fact]
    public async Task A_consistent_hash_sends_one_key_to_one_queue_and_many_keys_to_all()
    {
        await _channel.ExchangeDeclareAsync("x", "x-consistent-hash", durable: true);
        foreach (var queue in new[] { "a", "b", "c" })
            await _channel.QueueBindAsync(queue, "x", "10");
        for (var round = 0; round < 2; round++)
        {
            for (var key = 0; key < 60; key++)
                await _channel.SendAsync("x", $"key-{key}", $"{key}");
        }
        var queues = new[] { await _channel.DrainAsync("a"), await _channel.DrainAsync("b"), await _channel.DrainAsync("c") };
        Assert.All(queues, static messages => Assert.NotEmpty(messages));
        Assert.Equal(60, queues.Sum(static messages => messages.Distinct().Count()));
        Assert.Equal(120, queues.Sum(static messages => messages.Count));
    }

    [Fact]
    public async Task Exchanges_feed_exchanges_and_a_queue_gets_a_message_once()
    {
        await _channel.ExchangeDeclareAsync("first", ExchangeType.Direct, durable: true);
        await _channel.ExchangeDeclareAsync("second", ExchangeType.Fanout, durable: true);
        await _channel.ExchangeBindAsync("second", "first", "k");
        await _channel.ExchangeBindAsync("first", "second", "");
        await _channel.QueueBindAsync("a", "first", "k");
        await _channel.QueueBindAsync("a", "second", "");
        await _channel.QueueBindAsync("b", "second", "");
        await _channel.SendAsync("first", "k", "1");
        await _channel.SendAsync("first", "other", "2");
        await ExpectAsync("1", "1", "", "");
        await _channel.ExchangeUnbindAsync("second", "first", "k");
        await _channel.SendAsync("first", "k", "3");
        await ExpectAsync("3", "", "", "");
    }

    [Fact]
    public async Task What_no_binding_wants_goes_to_the_alternate_exchange()
    {
        await _channel.ExchangeDeclareAsync("rest", ExchangeType.Fanout, durable: true);
        await _channel.ExchangeDeclareAsync("x", ExchangeType.Direct, durable: true, autoDelete: false, new Dictionary<string, object?> { ["alternate-exchange"] = "rest" });
        await _channel.QueueBindAsync("a", "x", "k");
        await _channel.QueueBindAsync("b", "rest", "");
        await _channel.SendAsync("x", "k", "1");
        await _channel.SendAsync("x", "other", "2", mandatory: true);
        await ExpectAsync("1", "2", "", "");
    }

    [Fact]
    public async Task Copies_go_to_other_keys_and_blind_ones_are_not_told()
    {
        await _channel.SendAsync(string.Empty, "a", "1", static properties => properties.Headers = new Dictionary<string, object?>
        {
            ["CC"] = new List<object?> { "b" },
            ["BCC"] = new List<object?> { "c", "a" },
        });
        var got = await _channel.BasicGetAsync("c", autoAck: true);
        Assert.True(got!.BasicProperties.Headers!.ContainsKey("CC") && !got.BasicProperties.Headers.ContainsKey("BCC"));
        await ExpectAsync("1", "1", "", "");
    }

    [Fact]
    public async Task Bindings_that_end_and_exchanges_that_are_deleted_bring_nothing_more()
    {
        await _channel.ExchangeDeclareAsync("x", ExchangeType.Topic, durable: true, autoDelete: true);
        await _channel.QueueBindAsync("a", "x", "k");
        await _channel.QueueBindAsync("b", "x", "k");
        await _channel.SendAsync("x", "k", "1");
        await _channel.QueueUnbindAsync("a", "x", "k");
        await _channel.SendAsync("x", "k", "2");
        await _channel.QueueUnbindAsync("b", "x", "k");
        await ExpectAsync("1", "1 2", "", "");
        Assert.StartsWith("404 NOT_FOUND - no exchange 'x' in vhost '/'", await ChannelExtensions.RefusalOfAsync(() => _channel.ExchangeDeclarePassiveAsync("x")));
    }

    private async Task ExpectAsync(params string[] expected)
    {
        var queues = new[] { "a", "b", "c", "t" };
        for (var index = 0; index < queues.Length; index++)
            Assert.Equal(expected[index], string.Join(' ', await _channel.DrainAsync(queues[index])));
    }
}
