using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>What a transaction publishes is there as a whole, or nothing of it is: a crash may come at any moment, and a log has a batch or does not have it.</summary>
public sealed class TransactionTests : IAsyncLifetime
{
    private AmqpCluster _cluster = null!;
    private IChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _cluster = await AmqpCluster.StartAsync();
        _channel = await _cluster.OpenAsync();
        foreach (var queue in new[] { "a", "b" })
            await _channel.QueueAsync(queue);
        await _channel.TxSelectAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task What_goes_to_several_queues_is_one_batch_with_a_record_for_each_queue()
    {
        await _channel.QueueAsync("bound");
        await _channel.QueueBindAsync("bound", "amq.direct", "k");
        await _channel.QueueBindAsync("a", "amq.direct", "k");
        await SendAsync("a", "1");
        await SendAsync("b", "1");
        await _channel.SendAsync("amq.direct", "k", "2", static properties => properties.Persistent = true);
        await _channel.TxCommitAsync();
        // To bound, and to a once more: their records lie with the others.
        Assert.Equal([4], await BatchesOfAsync("_amqp.tx"));

        await _cluster.RestartAsync();
        var other = await _cluster.OpenAsync();
        Assert.Equal(["1", "2"], await other.DrainAsync("a"));
        Assert.Equal(["1"], await other.DrainAsync("b"));
        var message = await other.BasicGetAsync("bound", autoAck: true);
        Assert.Equal(("2", "amq.direct", "k"), (message!.Body.Text(), message.Exchange, message.RoutingKey));
    }

    [Fact]
    public async Task What_goes_to_one_queue_is_one_batch_of_its_own_log_however_large()
    {
        var body = new string('x', 100_000);
        for (var at = 0; at < 5; at++)
            await SendAsync("a", body);
        await _channel.TxCommitAsync();
        Assert.Equal([5], await BatchesOfAsync("_amqp.q.n.a"));
        Assert.Equal(5, (await (await _cluster.OpenAsync()).DrainAsync("a")).Count);
    }

    [Fact]
    public async Task A_channels_later_transactions_keep_the_way_and_so_the_order_of_the_first_that_was_spread()
    {
        await SendAsync("a", "1");
        await SendAsync("b", "1");
        await _channel.TxCommitAsync();
        await SendAsync("a", "2");
        await _channel.TxCommitAsync();
        Assert.Equal([2, 1], await BatchesOfAsync("_amqp.tx"));
        Assert.Equal(["1", "2"], await (await _cluster.OpenAsync()).DrainAsync("a"));
    }

    [Fact]
    public async Task A_queue_that_was_made_again_under_its_name_gets_what_later_transactions_send_it()
    {
        var other = await _cluster.OpenAsync();
        for (var round = 0; round < 2; round++)
        {
            await SendAsync("a", $"{round}");
            await SendAsync("b", $"{round}");
            await _channel.TxCommitAsync();
            Assert.Equal([$"{round}"], await other.DrainAsync("a"));
            await other.QueueDeleteAsync("a");
            await other.QueueAsync("a");
        }
    }

    [Fact]
    public async Task A_full_queue_refuses_a_transaction_as_a_whole()
    {
        await _channel.QueueAsync("full", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        await SendAsync("full", "1");
        await _channel.TxCommitAsync();
        await SendAsync("full", "2");
        await SendAsync("full", "3");
        Assert.Equal("406 PRECONDITION_FAILED - partial tx completion", await ChannelExtensions.RefusalOfAsync(() => _channel.TxCommitAsync()));
        Assert.Equal(["1"], await (await _cluster.OpenAsync()).DrainAsync("full"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_to_what_does_not_wait_ends_the_channel_before_anything_is_stored(bool isAnsweredTwice)
    {
        var other = await _cluster.OpenAsync();
        await other.SendAsync(string.Empty, "b", "job");
        var tag = isAnsweredTwice ? (await GetAsync("b")).DeliveryTag : 9;
        await SendAsync("a", "1");
        await _channel.BasicAckAsync(tag, multiple: false);
        await _channel.BasicAckAsync(tag, multiple: false);
        Assert.Equal($"406 PRECONDITION_FAILED - unknown delivery tag {tag}", await ChannelExtensions.RefusalOfAsync(() => _channel.TxCommitAsync()));
        Assert.Equal("(none)", await other.TakeAsync("a"));
        Assert.Equal("job", await other.TakeAsync("b"));
    }

    [Fact]
    public async Task A_message_to_an_exchange_that_is_gone_takes_its_whole_transaction_with_it()
    {
        var other = await _cluster.OpenAsync();
        await _channel.ExchangeDeclareAsync("x", ExchangeType.Direct);
        await SendAsync("a", "1");
        await _channel.SendAsync("x", "k", "2");
        await other.ExchangeDeleteAsync("x");
        Assert.Equal("404 NOT_FOUND - no exchange 'x' in vhost '/'", await ChannelExtensions.RefusalOfAsync(() => _channel.TxCommitAsync()));
        Assert.Equal("(none)", await other.TakeAsync("a"));
    }

    private async Task<BasicGetResult> GetAsync(string queue)
    {
        using var limit = new CancellationTokenSource(AmqpCluster.Deadline);
        while (true)
        {
            if (await _channel.BasicGetAsync(queue, autoAck: false, limit.Token) is { } message)
                return message;
        }
    }

    private ValueTask SendAsync(string queue, string body) => _channel.SendAsync(string.Empty, queue, body, static properties => properties.Persistent = true);

    /// <summary>Records of each batch of a log.</summary>
    private async Task<List<int>> BatchesOfAsync(string topic)
    {
        var log = new TopicPartition(Namespace.Default, TopicName.Parse(topic), 0);
        using var read = await _cluster.Storage.Logs.ReadAsync(new ReadRequest { Log = log, Offset = Offset.Zero, MaxBytes = 8 << 20 });
        Assert.Equal(ErrorCode.None, read.Error);
        var counts = new List<int>();
        var reader = new BatchReader(read.Batches);
        while (reader.MoveNext())
            counts.Add(new RecordBatchHeader(reader.Current.Span).RecordCount);
        return counts;
    }
}
