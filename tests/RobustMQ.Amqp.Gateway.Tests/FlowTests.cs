using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>What does not fit waits at its client, and does not grow in the gateway.</summary>
public sealed class FlowTests
{
    private const int MessageBytes = 10_000;
    private const int Messages = 100;

    [Fact]
    public async Task Publishers_are_held_back_and_told_while_the_storage_node_is_behind()
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        SlowStorage? storage = null;
        await cluster.AddGatewayAsync(inner => storage = new SlowStorage(inner, TopicName.Parse("_amqp.q.n.q")), "--amqp:max_in_flight", "64KiB");
        var connection = await cluster.ConnectAsync();
        TaskCompletionSource<string> blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource unblocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionBlockedAsync += (_, told) => Tell(() => blocked.TrySetResult(told.Reason));
        connection.ConnectionUnblockedAsync += (_, _) => Tell(() => unblocked.TrySetResult());
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        await channel.QueueAsync("q");
        var published = Enumerable.Range(0, Messages).Select(_ => channel.BasicPublishAsync(string.Empty, "q", new byte[MessageBytes]).AsTask()).ToList();
        Assert.Equal("low on memory", await blocked.Task.WaitAsync(AmqpCluster.Deadline));

        // Other clients are served as ever.
        var other = await cluster.OpenAsync();
        await other.QueueAsync("other");
        Assert.DoesNotContain(published, static task => task.IsCompleted);

        storage!.Open();
        await unblocked.Task.WaitAsync(AmqpCluster.Deadline);
        await Task.WhenAll(published).WaitAsync(AmqpCluster.Deadline);
        Assert.Equal(Messages, (await other.DrainAsync("q")).Count);

        static Task Tell(Action tell)
        {
            tell();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_held_back_client_keeps_no_gateway_from_stopping_and_is_told_of_it()
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        SlowStorage? storage = null;
        var gateway = await cluster.AddGatewayAsync(inner => storage = new SlowStorage(inner, TopicName.Parse("_amqp.q.n.q")), "--amqp:max_in_flight", "64KiB");
        using var client = await RawClient.OpenAsync(gateway);
        await FillAsync(client);
        await storage!.Asked.WaitAsync(AmqpCluster.Deadline);
        var drained = gateway.DrainAsync(CancellationToken.None);
        string answer;
        do
            answer = await client.AnswerAsync();
        while (answer == "connection.blocked");
        Assert.Equal("close 320 CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'", answer);
        await client.SendAsync(RawClient.MethodFrame(0, default(ConnectionCloseOk)));
        client.Dispose();
        await drained.WaitAsync(AmqpCluster.Deadline);
        storage.Open();
    }

    [Fact]
    public async Task A_held_back_client_that_dies_is_gone_before_the_storage_node_is_back()
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        SlowStorage? storage = null;
        var gateway = await cluster.AddGatewayAsync(inner => storage = new SlowStorage(inner, TopicName.Parse("_amqp.q.n.q")), "--amqp:max_in_flight", "64KiB");
        using (var client = await RawClient.OpenAsync(gateway))
        {
            await client.SendAsync(RawClient.MethodFrame(1, new QueueDeclare { Queue = "own"u8, Exclusive = true }));
            Assert.Equal("queue.declare-ok", await client.AnswerAsync());
            await FillAsync(client);
            await storage!.Asked.WaitAsync(AmqpCluster.Deadline);
        }
        var asking = await cluster.ConnectAsync();
        await Eventually.TrueAsync(() => IsGoneAsync(asking, "own"), "the dead client's queue is gone");
        storage.Open();
    }

    /// <summary>Publishes more than may be on its way.</summary>
    private static async Task FillAsync(RawClient client)
    {
        await client.SendAsync(RawClient.MethodFrame(1, new QueueDeclare { Queue = "q"u8 }));
        Assert.Equal("queue.declare-ok", await client.AnswerAsync());
        byte[] publish =
        [
            .. RawClient.MethodFrame(1, new BasicPublish { RoutingKey = "q"u8 }),
            .. RawClient.Frame(2, 1, [0, 60, 0, 0, 0, 0, 0, 0, .. RawClient.BigEndian(MessageBytes), 0, 0]),
            .. RawClient.Frame(3, 1, new byte[MessageBytes]),
        ];
        await client.SendAsync([.. Enumerable.Repeat(publish, Messages / 2).SelectMany(static bytes => bytes)]);
    }

    private static async Task<bool> IsGoneAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync();
        return (await ChannelExtensions.RefusalOfAsync(() => channel.QueueDeclarePassiveAsync(queue))).StartsWith("404", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_grows_beyond_its_limit_ends_the_channel_and_stores_nothing()
    {
        await using var cluster = await AmqpCluster.StartAsync(1, "--amqp:max_transaction_bytes", "64KiB");
        var channel = await cluster.OpenAsync();
        await channel.QueueAsync("q");
        await channel.TxSelectAsync();
        var refusal = await ChannelExtensions.RefusalOfAsync(async () =>
        {
            for (var at = 0; at < Messages; at++)
                await channel.BasicPublishAsync(string.Empty, "q", new byte[MessageBytes]);
            await channel.TxCommitAsync();
        });
        Assert.Equal("506 RESOURCE_ERROR - a transaction has 65536 bytes at most", refusal);
        Assert.Equal(0U, await (await cluster.OpenAsync()).CountAsync("q"));
    }
}
