using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RobustMQ.Amqp.Gateway.Tests.Support;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Errors with RabbitMQ's codes and texts, on the channel or connection they belong to.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private AmqpCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await AmqpCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public static TheoryData<string, Func<IChannel, Task>> SoftErrors => new()
    {
        { "404 NOT_FOUND - no queue 'none' in vhost '/'", static channel => channel.QueueDeclarePassiveAsync("none") },
        { "404 NOT_FOUND - no queue 'none' in vhost '/'", static channel => channel.ConsumeAsync("none") },
        { "404 NOT_FOUND - no queue 'none' in vhost '/'", static channel => channel.BasicGetAsync("none", autoAck: true) },
        { "404 NOT_FOUND - no exchange 'none' in vhost '/'", static channel => channel.ExchangeDeclarePassiveAsync("none") },
        { "404 NOT_FOUND - no exchange 'none' in vhost '/'", static channel => channel.QueueBindAsync("q", "none", "") },
        { "406 PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'false' but current is 'true'", static channel => channel.QueueDeclareAsync("q", durable: false, exclusive: false, autoDelete: false) },
        { "406 PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received the value '5' of type 'signedint' but current is none", static channel => channel.QueueAsync("q", ("x-max-length", 5)) },
        { "406 PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'amq.direct' in vhost '/': received 'fanout' but current is 'direct'", static channel => channel.ExchangeDeclareAsync("amq.direct", "fanout", durable: true) },
        { "406 PRECONDITION_FAILED - unknown delivery tag 7", static async channel => await channel.BasicAckAsync(7, multiple: false) },
        { "406 PRECONDITION_FAILED - queue 'used' in vhost '/' in use", static channel => channel.QueueDeleteAsync("used", ifUnused: true, ifEmpty: false) },
        { "403 ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'", static channel => channel.QueueAsync("amq.mine") },
        { "403 ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'", static channel => channel.ExchangeDeclareAsync("amq.mine", "direct") },
        { "403 ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed", static channel => channel.ExchangeDeleteAsync("amq.direct") },
        { "406 PRECONDITION_FAILED - unknown exchange type 'none'", static channel => channel.ExchangeDeclareAsync("x", "none") },
        { "406 PRECONDITION_FAILED - invalid arg 'x-max-priority' for queue 'p' in vhost '/': {max_value_exceeded,300}", static channel => channel.QueueAsync("p", ("x-max-priority", 300)) },
        { "406 PRECONDITION_FAILED - invalid arg 'x-overflow' for queue 'p' in vhost '/': invalid_overflow", static channel => channel.QueueAsync("p", ("x-overflow", "none")) },
        { "406 PRECONDITION_FAILED - invalid expiration 'soon': no_integer", static async channel => await channel.SendAsync("", "q", "1", static properties => properties.Expiration = "soon") },
        { "406 PRECONDITION_FAILED - invalid expiration '-1': {value_negative,-1}", static async channel => await channel.SendAsync("", "q", "1", static properties => properties.Expiration = "-1") },
        { "406 PRECONDITION_FAILED - invalid message: {unacceptable_type_in_header,\"CC\",longstr}", static async channel => await channel.SendAsync("", "q", "1", static properties => properties.Headers = new Dictionary<string, object?> { ["CC"] = "k" }) },
        { "406 PRECONDITION_FAILED - fast reply consumer does not exist", static async channel => await channel.SendAsync("", "q", "1", static properties => properties.ReplyTo = "amq.rabbitmq.reply-to") },
        { "403 ACCESS_REFUSED - operation not permitted on the default exchange", static channel => channel.QueueBindAsync("q", "", "k") },
    };

    [Theory]
    [MemberData(nameof(SoftErrors))]
    public async Task A_soft_error_ends_the_channel_and_not_the_connection(string expected, Func<IChannel, Task> operation)
    {
        var connection = await _cluster.ConnectAsync();
        var channel = await connection.CreateChannelAsync();
        await channel.QueueAsync("q");
        await channel.QueueAsync("used");
        await channel.ConsumeAsync("used");
        Assert.Equal(expected, await RefusalOfAsync(channel, operation));
        Assert.True(connection.IsOpen);
        var again = await connection.CreateChannelAsync();
        await again.QueueAsync("q");
    }

    [Fact]
    public async Task A_message_to_an_exchange_that_is_not_there_ends_the_channel()
    {
        var channel = await _cluster.OpenAsync();
        Assert.Equal("404 NOT_FOUND - no exchange 'none' in vhost '/'", await RefusalOfAsync(channel, static async channel => await channel.SendAsync("none", "k", "1")));
    }

    [Fact]
    public async Task A_hard_error_ends_the_connection()
    {
        var connection = await _cluster.ConnectAsync();
        var channel = await connection.CreateChannelAsync();
        await channel.QueueAsync("q");
        await channel.ConsumeAsync("q", tag: "t");
        Assert.Equal("530 NOT_ALLOWED - attempt to reuse consumer tag 't'", await ChannelExtensions.RefusalOfAsync(() => channel.ConsumeAsync("q", tag: "t")));
        Assert.False(connection.IsOpen);
    }

    [Fact]
    public async Task Who_has_no_right_password_is_not_let_in()
    {
        await using var guarded = await AmqpCluster.StartAsync(1, "--auth:users:0:name", "ann", "--auth:users:0:password", "secret");
        var refused = await Assert.ThrowsAsync<BrokerUnreachableException>(() => guarded.ConnectAsync(configure: static factory => (factory.UserName, factory.Password) = ("ann", "wrong")));
        Assert.IsType<AuthenticationFailureException>(refused.InnerException);
        var connection = await guarded.ConnectAsync(configure: static factory => (factory.UserName, factory.Password) = ("ann", "secret"));
        Assert.True(connection.IsOpen);
        var stranger = await guarded.ConnectAsync(configure: static factory => (factory.UserName, factory.Password, factory.VirtualHost) = ("ann", "secret", "other"));
        await Eventually.TrueAsync(() => !stranger.IsOpen, "the stranger is turned away");
        Assert.Equal("530 NOT_ALLOWED - access to vhost 'other' refused for user 'ann'", $"{stranger.CloseReason!.ReplyCode} {stranger.CloseReason.ReplyText}");
    }

    [Fact]
    public async Task A_user_id_must_be_the_users_own()
    {
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
        await channel.SendAsync(string.Empty, "q", "1", static properties => properties.UserId = "guest");
        Assert.Equal(
            "406 PRECONDITION_FAILED - user_id property set to 'bob' but authenticated user was 'guest'",
            await RefusalOfAsync(channel, static async channel => await channel.SendAsync(string.Empty, "q", "1", static properties => properties.UserId = "bob")));
    }

    /// <summary>The reason for which a channel was closed, whether the operation itself waits for an answer or not.</summary>
    private static async Task<string> RefusalOfAsync(IChannel channel, Func<IChannel, Task> operation)
    {
        var closed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult($"{reason.ReplyCode} {reason.ReplyText}");
            return Task.CompletedTask;
        };
        try
        {
            await operation(channel);
        }
        catch (OperationInterruptedException)
        {
        }
        return await closed.Task.WaitAsync(AmqpCluster.Deadline);
    }
}
