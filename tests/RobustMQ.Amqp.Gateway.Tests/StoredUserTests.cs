using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.GatewayKit.Tests.Identity.Stored;
using RobustMQ.Records;
using static RobustMQ.GatewayKit.Tests.Identity.Stored.StoreChanges;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Users and grants made at run time: what the store of one gateway's process changes holds for the clients of the other.</summary>
public sealed class StoredUserTests : IAsyncLifetime
{
    private static readonly string[] Root = ["--auth:users:0:name", "root", "--auth:users:0:password", "r"];
    private static readonly Grant Everything = Allow(Grant.AnyName, GrantOperation.All);

    private AmqpCluster _cluster = null!;

    /// <summary>Of the first process; the clients are the other's.</summary>
    private UserStore Store => _cluster.Stores[0];

    public async Task InitializeAsync() => _cluster = await AmqpCluster.StartAsync(2, Root);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_new_user_may_do_what_it_is_granted_from_then_on_and_nothing_before()
    {
        await Store.PutAsync("ann", "a");
        var root = await (await LoginAsync("root", "r")).CreateChannelAsync();
        await root.QueueAsync("q");
        var connection = await LoginAsync("ann", "a");
        Assert.Equal(
            "403 ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'ann'", await ChannelExtensions.RefusalOfAsync(async () => await (await OpenAsync(connection)).TakeAsync("q")));
        // The address is known to the connection as refused, whatever becomes of the channel.
        Assert.Equal("403 ACCESS_REFUSED - access to exchange '' in vhost '/' refused for user 'ann'", await PublishRefusalAsync(connection, string.Empty, "q"));

        await Store.GrantAsync("ann", Allow("$amqp.q.q", GrantOperation.Read), Allow("$amqp.q.q", GrantOperation.Write));

        await Eventually.TrueAsync(async () => await TryAsync(connection, static channel => channel.TakeAsync("q")), "the open connection may read");
        var channel = await OpenAsync(connection);
        await channel.SendAsync(string.Empty, "q", "1");
        Assert.Equal("1", await channel.TakeAsync("q"));
    }

    [Fact]
    public async Task A_denial_ends_the_connections_of_its_user_with_their_exclusive_queues_and_nobody_elses()
    {
        await Store.GrantAsync("ann", Everything);
        await Store.PutAsync("ann", "a");
        await Store.PutAsync("bob", "b");
        var (ann, bob, root) = (await LoginAsync("ann", "a"), await LoginAsync("bob", "b"), await LoginAsync("root", "r"));
        var ended = EndOf(ann);
        var channel = await ann.CreateChannelAsync();
        await channel.QueueDeclareAsync("mine", durable: false, exclusive: true, autoDelete: false);
        await channel.QueueBindAsync("mine", "amq.topic", "secret");
        await channel.ConsumeAsync("mine");

        await Store.GrantAsync("ann", Everything, Deny("secret", GrantOperation.All));

        Assert.Equal("320 CONNECTION_FORCED - user 'ann' was changed", await ended);
        Assert.True(bob.IsOpen && root.IsOpen);
        var again = await LoginAsync("ann", "a");
        await Eventually.TrueAsync(
            async () => await TryAsync(again, static channel => channel.QueueDeclareAsync("mine", durable: false, exclusive: true, autoDelete: false)), "the queue went with its connection");
        Assert.Equal(
            "403 ACCESS_REFUSED - access to exchange 'amq.topic' in vhost '/' refused for user 'ann'",
            await ChannelExtensions.RefusalOfAsync(async () => await (await OpenAsync(again)).QueueBindAsync("mine", "amq.topic", "secret")));
        Assert.Equal("403 ACCESS_REFUSED - access to exchange 'amq.topic' in vhost '/' refused for user 'ann'", await PublishRefusalAsync(again, "amq.topic", "secret"));
    }

    [Fact]
    public async Task A_user_that_is_gone_or_has_another_password_is_thrown_out_and_cannot_log_in()
    {
        await Store.PutAsync("ann", "a");
        await Store.PutAsync("bob", "b");
        var (ann, bob, root) = (await LoginAsync("ann", "a"), await LoginAsync("bob", "b"), await LoginAsync("root", "r"));
        var (annEnded, bobEnded) = (EndOf(ann), EndOf(bob));

        await Store.PutAsync("ann", "another");
        Assert.Equal("320 CONNECTION_FORCED - user 'ann' was changed", await annEnded);
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => ConnectAsync("ann", "a"));

        await Store.RemoveAsync("bob");
        Assert.Equal("320 CONNECTION_FORCED - user 'bob' was deleted", await bobEnded);
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => ConnectAsync("bob", "b"));
        Assert.True(root.IsOpen);
    }

    [Fact]
    public async Task Grants_of_a_prefix_hold_for_publishing_binding_and_deliveries()
    {
        await Store.GrantAsync(
            "ann", Allow("orders-", GrantOperation.All) with { IsPrefix = true }, Allow("$amqp.q.ann", GrantOperation.All) with { IsPrefix = true }, Deny("orders-eu.s", GrantOperation.All) with { IsPrefix = true });
        await Store.PutAsync("ann", "a");
        var ann = await LoginAsync("ann", "a");
        var channel = await ann.CreateChannelAsync();
        await channel.QueueAsync("ann-1");
        await channel.QueueBindAsync("ann-1", "amq.topic", "orders-us.*");
        foreach (var pattern in new[] { "orders-eu.*", "*.1", "orders-eu.secret", "#" })
        {
            Assert.Equal(
                "403 ACCESS_REFUSED - access to exchange 'amq.topic' in vhost '/' refused for user 'ann'",
                await ChannelExtensions.RefusalOfAsync(async () => await (await OpenAsync(ann)).QueueBindAsync("ann-1", "amq.topic", pattern)));
        }
        foreach (var key in new[] { "orders", "orders-eu.secret" })
            Assert.Equal("403 ACCESS_REFUSED - access to exchange 'amq.topic' in vhost '/' refused for user 'ann'", await PublishRefusalAsync(ann, "amq.topic", key));
        Assert.Equal(
            "403 ACCESS_REFUSED - access to queue 'other' in vhost '/' refused for user 'ann'", await ChannelExtensions.RefusalOfAsync(async () => await (await OpenAsync(ann)).QueueAsync("other")));

        var root = await (await LoginAsync("root", "r")).CreateChannelAsync();
        await root.SendAsync("amq.topic", "orders-eu.secret", "1");
        await root.SendAsync("amq.topic", "orders-us.1", "2");
        await Eventually.TrueAsync(async () => await channel.TakeAsync("ann-1") == "2", "what is bound arrives, and nothing else does");
    }

    [Theory]
    [InlineData("CC")]
    [InlineData("BCC")]
    public async Task Further_keys_of_a_message_need_the_right_to_publish_with_them(string header)
    {
        await Store.GrantAsync("ann", Allow("$amqp.q.q", GrantOperation.Write));
        await Store.PutAsync("ann", "a");
        var root = await (await LoginAsync("root", "r")).CreateChannelAsync();
        await root.QueueAsync("q");
        await root.QueueAsync("other");
        var ann = await LoginAsync("ann", "a");
        foreach (var isTransaction in new[] { false, true })
        {
            Assert.Equal(
                "403 ACCESS_REFUSED - access to exchange '' in vhost '/' refused for user 'ann'",
                await ChannelExtensions.RefusalOfAsync(async () =>
                {
                    var channel = await ann.CreateChannelAsync();
                    if (isTransaction)
                        await channel.TxSelectAsync();
                    await channel.SendAsync(string.Empty, "q", "1", properties => properties.Headers = new Dictionary<string, object?> { [header] = new List<object> { "other" } });
                    await channel.QueueDeclarePassiveAsync("nothing");
                }));
        }
        Assert.Equal("(none)", await root.TakeAsync("q"));
        Assert.Equal("(none)", await root.TakeAsync("other"));
    }

    [Fact]
    public async Task Logins_wait_until_the_users_are_known()
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        cluster.HoldsStores = true;
        await cluster.AddGatewayAsync(Root);
        var connecting = cluster.ConnectAsync(configure: static factory => (factory.UserName, factory.Password) = ("root", "r"));
        await cluster.Stores[0].StartAsync(CancellationToken.None);
        Assert.True((await connecting).IsOpen);
    }

    [Fact]
    public async Task A_login_that_waits_for_longer_than_it_may_is_closed()
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        cluster.HoldsStores = true;
        await cluster.AddGatewayAsync([.. Root, "--amqp:handshake_timeout", "100ms"]);
        using var client = await RawClient.ConnectAsync(cluster.Gateways[0]);
        await client.LoginAsync();
        Assert.Equal("connection.start", await client.AnswerAsync());
        Assert.StartsWith("close 320 CONNECTION_FORCED - the connection was not opened in time", await client.AnswerAsync(), StringComparison.Ordinal);
    }

    private Task<IConnection> ConnectAsync(string user, string password) => _cluster.ConnectAsync(1, factory => (factory.UserName, factory.Password) = (user, password));

    /// <summary>Until the other process has heard of the user.</summary>
    private async Task<IConnection> LoginAsync(string user, string password)
    {
        IConnection? connection = null;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    connection = await ConnectAsync(user, password);
                    return true;
                }
                catch (BrokerUnreachableException)
                {
                    return false;
                }
            },
            "the user logs in");
        return connection!;
    }

    private static Task<string> EndOf(IConnection connection)
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, args) =>
        {
            ended.TrySetResult($"{args.ReplyCode} {args.ReplyText}");
            return Task.CompletedTask;
        };
        return ended.Task.WaitAsync(AmqpCluster.Deadline);
    }

    private static Task<IChannel> OpenAsync(IConnection connection) => connection.CreateChannelAsync();

    private static async Task<bool> TryAsync(IConnection connection, Func<IChannel, Task> operation)
    {
        try
        {
            await operation(await OpenAsync(connection));
            return true;
        }
        catch (OperationInterruptedException)
        {
            return false;
        }
    }

    /// <summary>A publish is answered by the end of its channel, if at all.</summary>
    private static Task<string> PublishRefusalAsync(IConnection connection, string exchange, string key) => ChannelExtensions.RefusalOfAsync(async () =>
    {
        var channel = await OpenAsync(connection);
        await channel.SendAsync(exchange, key, "x");
        await channel.QueueDeclarePassiveAsync("nothing");
    });
}
