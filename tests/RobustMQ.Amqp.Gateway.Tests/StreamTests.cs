using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Queues of the type <c>stream</c>: a log that every consumer reads for itself.</summary>
public sealed class StreamTests : IAsyncLifetime
{
    private AmqpCluster _cluster = null!;
    private IChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _cluster = await AmqpCluster.StartAsync();
        _channel = await OpenAsync();
        await _channel.QueueAsync("s", ("x-queue-type", "stream"));
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Every_consumer_reads_the_stream_for_itself_and_nothing_is_taken_out()
    {
        await SendAsync(0, 5);
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var channel = await OpenAsync();
            var received = await ReadAsync(channel, "first");
            for (var at = 0; at < 5; at++)
            {
                var message = await received.NextAsync();
                Assert.Equal(($"{at}", (long)at, false), (message.Text, message.Properties.Headers!["x-stream-offset"], message.Redelivered));
                await channel.BasicAckAsync(message.Tag, multiple: false);
            }
        }
        Assert.Equal(5U, await _channel.CountAsync("s"));
    }

    public static TheoryData<object?, int> Starts => new()
    {
        { "first", 0 }, { "last", 4 }, { "next", 5 }, { null, 5 }, { 3L, 3 }, { 99L, 5 }, { "1h", 0 }, { "100Y", 0 }, { new AmqpTimestamp(0), 0 }, { new AmqpTimestamp(4_000_000_000), 5 },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public async Task A_consumer_begins_where_it_wants(object? start, int expected)
    {
        await SendAsync(0, 5);
        var received = await ReadAsync(await OpenAsync(), start);
        await SendAsync(5, 1);
        Assert.Equal($"{expected}", await received.TextAsync());
    }

    [Fact]
    public async Task Answers_make_room_for_more()
    {
        await SendAsync(0, 6);
        var channel = await OpenAsync(prefetch: 2);
        var received = await ReadAsync(channel, "first");
        var second = (await received.NextAsync(), await received.NextAsync()).Item2;
        // A round trip: what was on its way is here.
        await channel.CountAsync("s");
        Assert.Equal(0, received.Waiting);
        await channel.BasicAckAsync(second.Tag, multiple: true);
        Assert.Equal(["2", "3"], await received.TextsAsync(2));
        await channel.CountAsync("s");
        Assert.Equal(0, received.Waiting);
    }

    public static TheoryData<object, object?, string[]> Filters => new()
    {
        { "a", null, ["a1", "a2"] },
        { "a", true, ["a1", "none", "number", "a2"] },
        { "a", false, ["a1", "a2"] },
        { "a", "true", ["a1", "a2"] },
        { new List<object?> { "a", "b", 1 }, null, ["a1", "b1", "a2"] },
        { new List<object?> { "nobody's" }, true, ["none", "number"] },
        { 7, null, ["a1", "none", "b1", "number", "a2", "a-"] },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task A_consumer_gets_what_its_filter_wants_and_pays_for_nothing_else(object filter, object? matchUnfiltered, string[] expected)
    {
        foreach (var (body, value) in new (string, object?)[] { ("a1", "a"), ("none", null), ("b1", "b"), ("number", 1), ("a2", "a"), ("a-", "a-") })
            await _channel.SendAsync(string.Empty, "s", body, properties => properties.Headers = value is null ? null : new Dictionary<string, object?> { ["x-stream-filter-value"] = value });
        await _channel.SendAsync(string.Empty, "s", "end", properties => properties.Headers = new Dictionary<string, object?> { ["x-stream-filter-value"] = "a" });
        var arguments = new Dictionary<string, object?> { ["x-stream-offset"] = "first", ["x-stream-filter"] = filter };
        if (matchUnfiltered is not null)
            arguments["x-stream-match-unfiltered"] = matchUnfiltered;
        var channel = await OpenAsync(prefetch: 1);
        var received = await channel.ConsumeAsync("s", arguments: arguments);
        var isForAll = filter is List<object?> { Count: 1 };
        var got = new List<string>();
        while (got.Count < expected.Length + (isForAll ? 0 : 1))
        {
            var message = await received.NextAsync();
            got.Add(message.Text);
            await channel.BasicAckAsync(message.Tag, multiple: false);
        }
        Assert.Equal(isForAll ? expected : [.. expected, "end"], got);
    }

    [Fact]
    public async Task A_message_that_was_read_from_a_stream_and_published_again_tells_its_new_offset()
    {
        await _channel.SendAsync(string.Empty, "s", "0", static properties =>
        {
            properties.ContentType = "text/plain";
            properties.CorrelationId = "c";
            properties.Headers = new Dictionary<string, object?> { ["before"] = "b", ["x-stream-offset"] = 77L, ["list"] = new List<object?> { 1, "two" }, ["after"] = true };
        });
        var properties = (await (await ReadAsync(await OpenAsync(), "first")).NextAsync()).Properties;
        Assert.Equal(("text/plain", "c"), (properties.ContentType, properties.CorrelationId));
        // The client adds a header of its own for its confirms.
        Assert.Equal(["before", "list", "after", "x-stream-offset"], properties.Headers!.Keys.Where(static name => !name.StartsWith("x-dotnet", StringComparison.Ordinal)));
        Assert.Equal((0L, true), (properties.Headers["x-stream-offset"], properties.Headers["after"]));
    }

    [Fact]
    public async Task A_stream_and_a_queue_bound_to_one_exchange_both_get_its_messages()
    {
        await _channel.QueueAsync("q");
        await _channel.QueueBindAsync("q", "amq.direct", "k");
        await _channel.QueueBindAsync("s", "amq.direct", "k");
        await _channel.SendAsync("amq.direct", "k", "0");
        Assert.Equal("0", await _channel.TakeAsync("q"));
        var message = await (await ReadAsync(await OpenAsync(), "first")).NextAsync();
        Assert.Equal(("0", "amq.direct", "k"), (message.Text, message.Exchange, message.RoutingKey));
    }

    [Fact]
    public async Task A_stream_survives_a_restart()
    {
        await SendAsync(0, 3);
        await _cluster.RestartAsync();
        var received = await ReadAsync(await OpenAsync(), 1L);
        Assert.Equal(["1", "2"], await received.TextsAsync(2));
    }

    [Fact]
    public async Task A_cancelled_consumer_may_still_answer_and_one_whose_stream_is_deleted_is_told()
    {
        await SendAsync(0, 2);
        var channel = await OpenAsync(prefetch: 1);
        var cancelled = await ReadAsync(channel, "first");
        var message = await cancelled.NextAsync();
        await channel.BasicCancelAsync(cancelled.Tag);
        await channel.BasicAckAsync(message.Tag, multiple: false);
        var deleted = await ReadAsync(channel, "next");
        Assert.Equal(
            "406 PRECONDITION_FAILED - queue 's' in vhost '/' in use",
            await ChannelExtensions.RefusalOfAsync(async () => await (await OpenAsync()).QueueDeleteAsync("s", ifUnused: true, ifEmpty: false)));
        Assert.Equal(2U, await _channel.QueueDeleteAsync("s"));
        await deleted.Cancelled;
        Assert.Equal(0, cancelled.Waiting);
    }

    public static TheoryData<string, Func<IChannel, Task>> Refusals => new()
    {
        { "406 PRECONDITION_FAILED - consumer prefetch count is not set for stream queue 's' in vhost '/'", static channel => channel.ConsumeAsync("s") },
        { "540 NOT_IMPLEMENTED - automatic acknowledgement not supported by stream queue 's' in vhost '/'", static channel => channel.ConsumeAsync("s", autoAck: true) },
        { "540 NOT_IMPLEMENTED - basic.get not supported by stream queues queue 's' in vhost '/'", static channel => channel.BasicGetAsync("s", autoAck: false) },
        { "540 NOT_IMPLEMENTED - queue.purge not supported by stream queues queue 's' in vhost '/'", static channel => channel.QueuePurgeAsync("s") },
        { "406 PRECONDITION_FAILED - invalid arg 'x-stream-offset' for queue 's' in vhost '/': {invalid_stream_offset_arg,{longstr,<<\"some\">>}}", static async channel => { await channel.BasicQosAsync(0, 1, global: false); await ReadAsync(channel, "some"); } },
        { "406 PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue 't' in vhost '/' of queue type rabbit_stream_queue", static channel => channel.QueueAsync("t", ("x-queue-type", "stream"), ("x-message-ttl", 5)) },
        { "406 PRECONDITION_FAILED - invalid arg 'x-max-age' for queue 't' in vhost '/' of queue type rabbit_classic_queue", static channel => channel.QueueAsync("t", ("x-max-age", "1D")) },
        { "406 PRECONDITION_FAILED - invalid arg 'x-max-age' for queue 't' in vhost '/': invalid_max_age", static channel => channel.QueueAsync("t", ("x-queue-type", "stream"), ("x-max-age", "soon")) },
        { "406 PRECONDITION_FAILED - invalid property 'non-durable' for queue 't' in vhost '/'", static channel => channel.QueueDeclareAsync("t", durable: false, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "stream" }) },
        { "406 PRECONDITION_FAILED - invalid property 'auto-delete' for queue 't' in vhost '/'", static channel => channel.QueueDeclareAsync("t", durable: true, exclusive: false, autoDelete: true, new Dictionary<string, object?> { ["x-queue-type"] = "stream" }) },
        { "406 PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 's' in vhost '/': received none but current is the value 'stream' of type 'longstr'", static channel => channel.QueueAsync("s") },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_a_stream_cannot_do_is_refused(string expected, Func<IChannel, Task> operation)
    {
        var channel = await _cluster.OpenAsync();
        Assert.Equal(expected, await ChannelExtensions.RefusalOfAsync(() => operation(channel)));
    }

    [Fact]
    public async Task What_is_left_of_a_queue_that_was_not_wholly_deleted_is_no_stream_of_its_name()
    {
        var left = new TopicSpec
        {
            Name = TopicName.Parse("_amqp.q.n.t"),
            Engine = EngineKind.RocksDb,
            Retention = new Retention { Policy = RetentionPolicy.WorkQueue },
            Filters = [SubjectFilter.Parse(AmqpTopics.SubjectOfQueue("t"))],
        };
        Assert.Equal(ErrorCode.None, (await _cluster.Storage.Topics.CreateAsync(left)).Error);
        await _channel.QueueAsync("t", ("x-queue-type", "stream"));
        var spec = (await _cluster.Storage.Topics.GetAsync(Namespace.Default, left.Name)).Topic!.Spec;
        Assert.Equal((EngineKind.Segment, RetentionPolicy.Limits), (spec.Engine, spec.Retention.Policy));
    }

    [Fact]
    public async Task Age_and_size_end_a_streams_messages()
    {
        await _channel.QueueAsync("t", ("x-queue-type", "stream"), ("x-max-age", "2h"), ("x-max-length-bytes", 1_000_000L));
        var topics = await _cluster.Storage.Topics.ListAsync(Namespace.Default, includeInternal: true);
        var retention = Assert.Single(topics, static topic => topic.Spec.Name.Value == "_amqp.q.n.t").Spec.Retention;
        Assert.Equal((7_200_000L, 1_000_000L), (retention.MaxAgeMs, retention.MaxBytes));
    }

    private static Task<Received> ReadAsync(IChannel channel, object? start) =>
        channel.ConsumeAsync("s", arguments: start is null ? null : new Dictionary<string, object?> { ["x-stream-offset"] = start });

    private async Task<IChannel> OpenAsync(ushort prefetch = 100)
    {
        var channel = await _cluster.OpenAsync(confirms: true);
        await channel.BasicQosAsync(0, prefetch, global: false);
        return channel;
    }

    private async Task SendAsync(int first, int count)
    {
        for (var at = first; at < first + count; at++)
            await _channel.SendAsync(string.Empty, "s", $"{at}");
    }
}
