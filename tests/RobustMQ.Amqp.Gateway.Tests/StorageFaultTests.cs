using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>A storage client that throws instead of answering: nobody waits for ever for what became of a message, and nothing counts as stored that is not.</summary>
public sealed class StorageFaultTests : IAsyncLifetime
{
    private AmqpCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await AmqpCluster.StartAsync(0);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public static TheoryData<string, bool> Faults => new()
    {
        { "storage", true }, { "disposed", true }, { "storage", false }, { "cancelled", false }, { "other", false },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_publisher_is_told_of_a_message_whose_append_threw(string fault, bool isThrownAtOnce)
    {
        var channel = await OpenAsync("q", nth => nth == 1 ? ErrorOf(fault) : null, isThrownAtOnce);
        await channel.QueueAsync("q");
        await Assert.ThrowsAsync<PublishException>(() => SendAsync(channel, "lost"));
        await SendAsync(channel, "stored");
        Assert.Equal(["stored"], await channel.DrainAsync("q"));
    }

    [Fact]
    public async Task A_publisher_is_told_of_what_a_full_queue_refused_when_the_second_try_threw()
    {
        var channel = await OpenAsync("q", static nth => nth == 3 ? ErrorOf("other") : null);
        await channel.QueueAsync("q", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        await SendAsync(channel, "1");
        await Assert.ThrowsAsync<PublishException>(() => SendAsync(channel, "2"));
        Assert.Equal(["1"], await channel.DrainAsync("q"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dead_letter_whose_append_threw_is_kept_and_routed_again(bool isThrownAtOnce)
    {
        var channel = await OpenAsync("dead", static nth => nth == 1 ? ErrorOf("storage") : null, isThrownAtOnce);
        await ExpectDeadLetterAsync(channel);
    }

    [Fact]
    public async Task Dead_letters_are_routed_though_their_router_could_not_start_at_first()
    {
        FaultyStorage? storage = null;
        await _cluster.AddGatewayAsync(inner => storage = new FaultyStorage(inner) { OfCreation = ("amqp/dead-letters", ErrorOf("storage")) });
        await ExpectDeadLetterAsync(await _cluster.OpenAsync(confirms: true));
        Assert.Null(storage!.OfCreation);
    }

    [Fact]
    public async Task What_a_client_held_comes_again_when_a_fault_ended_its_connection()
    {
        await _cluster.AddGatewayAsync(static inner => new FaultyStorage(inner) { OfCreation = ("amqp/queues/bad", ErrorOf("other")) });
        var channel = await _cluster.OpenAsync(confirms: true);
        await channel.QueueAsync("q");
        await SendAsync(channel, "held");
        Assert.Equal("held", await (await channel.ConsumeAsync("q")).TextAsync());
        await Assert.ThrowsAnyAsync<OperationInterruptedException>(() => channel.QueueAsync("bad"));
        Assert.Equal("held", await (await (await _cluster.OpenAsync()).ConsumeAsync("q")).TextAsync());
    }

    [Fact]
    public async Task What_a_restart_left_over_is_deleted_though_that_failed_at_first()
    {
        await _cluster.AddGatewayAsync();
        var channel = await _cluster.OpenAsync();
        foreach (var queue in new[] { "first", "second" })
            await channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: false);
        FaultyStorage? storage = null;
        await _cluster.RestartAsync(inner => storage = new FaultyStorage(inner) { OfDeletion = ("amqp/queues/first", ErrorOf("storage")) });

        var connection = await _cluster.ConnectAsync();
        await Eventually.TrueAsync(async () => !await ExistsAsync(connection, "first") && !await ExistsAsync(connection, "second"), "neither queue is there");
        Assert.Null(storage!.OfDeletion);
    }

    private static async Task ExpectDeadLetterAsync(IChannel channel)
    {
        await channel.QueueAsync("dead");
        await channel.QueueAsync("q", ("x-dead-letter-exchange", string.Empty), ("x-dead-letter-routing-key", "dead"));
        await SendAsync(channel, "1");
        var message = await channel.BasicGetAsync("q", autoAck: false);
        await channel.BasicRejectAsync(message!.DeliveryTag, requeue: false);
        Assert.Equal("1", await (await channel.ConsumeAsync("dead")).TextAsync());
    }

    private static async Task<bool> ExistsAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            await channel.QueueDeclarePassiveAsync(queue);
            return true;
        }
        catch (OperationInterruptedException error) when (error.ShutdownReason!.ReplyCode == 404)
        {
            return false;
        }
    }

    private async Task<IChannel> OpenAsync(string queue, Func<int, Exception?> ofAppend, bool isThrownAtOnce = false)
    {
        var topic = TopicName.Parse("_amqp.q.n." + queue);
        await _cluster.AddGatewayAsync(inner => new FaultyStorage(inner) { Topic = topic, OfAppend = ofAppend, IsThrownAtOnce = isThrownAtOnce });
        return await _cluster.OpenAsync(confirms: true);
    }

    private static Task SendAsync(IChannel channel, string body) =>
        channel.SendAsync(string.Empty, "q", body, static properties => properties.Persistent = true).AsTask().WaitAsync(AmqpCluster.Deadline);

    private static Exception ErrorOf(string fault) => fault switch
    {
        "storage" => new StorageException(ErrorCode.DiskFailure, "a fault"),
        "disposed" => new ObjectDisposedException("client"),
        "cancelled" => new OperationCanceledException(),
        _ => new InvalidOperationException("a fault"),
    };
}
