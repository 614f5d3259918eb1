using System.Collections.Concurrent;
using System.Text;
using NATS.Client;
using RobustMQ.Interop.Tests.Servers;

namespace RobustMQ.Interop.Tests.Clients;

/// <summary>The first generation of NATS's own .NET client, which knows no headers and no statuses: old applications go on working.</summary>
public sealed class NatsClientTests : IAsyncLifetime
{
    private const int TimeoutMs = 10_000;

    private readonly List<IConnection> _connections = [];
    private RobustMqServer _server = null!;

    public async Task InitializeAsync() => _server = await RobustMqServer.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var connection in _connections)
            connection.Close();
        await _server.DisposeAsync();
    }

    [Fact]
    public void A_message_reaches_exact_and_wildcard_subscriptions()
    {
        var (publisher, subscriber) = (Connect(), Connect());
        var exact = subscriber.SubscribeSync("orders.eu.new");
        var oneToken = subscriber.SubscribeSync("orders.*.new");
        var rest = subscriber.SubscribeSync("orders.>");
        subscriber.Flush();

        publisher.Publish("orders.eu.new", "first"u8.ToArray());
        publisher.Publish("orders.us.new", "second"u8.ToArray());
        publisher.Publish("orders", "nobody"u8.ToArray());
        publisher.Publish("orders.us.old.one", "third"u8.ToArray());
        publisher.Flush();

        Assert.Equal(["first"], Take(exact, 1));
        Assert.Equal(["first", "second"], Take(oneToken, 2));
        Assert.Equal(["first", "second", "third"], Take(rest, 3));
    }

    [Fact]
    public void Messages_arrive_in_order_and_whole()
    {
        var (publisher, subscriber) = (Connect(), Connect());
        var subscription = subscriber.SubscribeSync("ordered");
        subscriber.Flush();
        var payloads = Enumerable.Range(0, 5000).Select(static number => $"{number}" + new string('.', number)).ToList();

        foreach (var payload in payloads)
            publisher.Publish("ordered", Encoding.UTF8.GetBytes(payload));
        publisher.Flush();

        Assert.Equal(payloads, Take(subscription, payloads.Count));
    }

    [Fact]
    public void A_queue_group_shares_the_work()
    {
        var seen = new ConcurrentQueue<(int Member, string Job)>();
        using var done = new CountdownEvent(900);
        for (var member = 0; member < 3; member++)
        {
            var number = member;
            var connection = Connect();
            connection.SubscribeAsync("jobs", "workers", (_, arguments) =>
            {
                seen.Enqueue((number, Encoding.UTF8.GetString(arguments.Message.Data)));
                done.Signal();
            });
            connection.Flush();
        }

        var publisher = Connect();
        for (var job = 0; job < 900; job++)
            publisher.Publish("jobs", Encoding.UTF8.GetBytes($"{job}"));
        publisher.Flush();

        Assert.True(done.Wait(TimeoutMs));
        Assert.Equal(900, seen.Select(static entry => entry.Job).Distinct().Count());
        Assert.All(seen.GroupBy(static entry => entry.Member), static member => Assert.InRange(member.Count(), 200, 400));
    }

    [Fact]
    public void A_request_is_answered()
    {
        var (service, requester) = (Connect(), Connect());
        service.SubscribeAsync("upper", (_, arguments) =>
            service.Publish(arguments.Message.Reply, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(arguments.Message.Data).ToUpperInvariant())));
        service.Flush();

        for (var at = 0; at < 100; at++)
            Assert.Equal($"WORD {at}", Encoding.UTF8.GetString(requester.Request("upper", Encoding.UTF8.GetBytes($"word {at}"), TimeoutMs).Data));
    }

    [Fact]
    public void A_request_that_nobody_takes_times_out_for_a_client_that_knows_no_statuses()
    {
        var error = Assert.ThrowsAny<Exception>(() => Connect().Request("nobody", "x"u8.ToArray(), 200));

        Assert.IsType<NATSTimeoutException>(error.GetBaseException());
    }

    [Fact]
    public void A_subscription_ends_after_the_wanted_number_of_messages()
    {
        var connection = Connect();
        var limited = connection.SubscribeSync("limited");
        limited.AutoUnsubscribe(2);
        var all = connection.SubscribeSync("limited");

        for (var at = 0; at < 5; at++)
            connection.Publish("limited", Encoding.UTF8.GetBytes($"{at}"));
        connection.Flush();

        Assert.Equal(["0", "1", "2", "3", "4"], Take(all, 5));
        Assert.Equal(["0", "1"], Take(limited, 2));
        Assert.ThrowsAny<NATSException>(() => limited.NextMessage(200));
    }

    [Fact]
    public async Task A_subscription_survives_a_crash_of_the_server()
    {
        var reconnected = new SemaphoreSlim(0);
        var disconnected = new SemaphoreSlim(0);
        var subscriber = Connect(options =>
        {
            // This client notices a lost server by pings that are not answered.
            options.PingInterval = 1000;
            options.MaxPingsOut = 2;
            options.Timeout = 10_000;
            options.DisconnectedEventHandler += (_, _) => disconnected.Release();
            options.ReconnectedEventHandler += (_, _) => reconnected.Release();
        });
        var subscription = subscriber.SubscribeSync("news");
        subscriber.Flush();

        await _server.KillAsync();
        Assert.True(await disconnected.WaitAsync(TimeoutMs));
        await _server.StartAgainAsync();
        Assert.True(await reconnected.WaitAsync(TimeoutMs));
        subscriber.Flush();
        var publisher = Connect();
        Assert.Equal("again", PublishUntilItComes());

        // A connection that is lost once more meanwhile has no subscription for a moment.
        string PublishUntilItComes()
        {
            for (var tries = 1; ; tries++)
            {
                publisher.Publish("news", "again"u8.ToArray());
                publisher.Flush();
                try
                {
                    return Encoding.UTF8.GetString(subscription.NextMessage(1000).Data);
                }
                catch (NATSTimeoutException) when (tries < 20)
                {
                }
            }
        }
    }

    private IConnection Connect(Action<Options>? configure = null)
    {
        var options = ConnectionFactory.GetDefaultOptions();
        options.Url = _server.Url;
        options.AllowReconnect = true;
        options.MaxReconnect = 1000;
        options.ReconnectWait = 50;
        configure?.Invoke(options);
        var connection = new ConnectionFactory().CreateConnection(options);
        _connections.Add(connection);
        return connection;
    }

    private static List<string> Take(ISyncSubscription subscription, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Encoding.UTF8.GetString(subscription.NextMessage(TimeoutMs).Data))];
}
