using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Nats.Gateway.Tests;

public sealed class CoreProtocolTests
{
    [Fact]
    public async Task A_message_reaches_every_matching_subscription_and_the_log()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var subscriber = await gateway.ConnectAsync();
        using var publisher = await gateway.ConnectAsync();
        await subscriber.RoundTripAsync("SUB orders.* 1\r\nSUB orders.> 2\r\nSUB other 3\r\n");

        await publisher.RoundTripAsync("PUB orders.new 5\r\nhello\r\n");

        Assert.Equal("MSG orders.new 2 5\r\nhello\r\nMSG orders.new 1 5\r\nhello\r\n", await subscriber.ReadUntilAsync("1 5\r\nhello\r\n"));
        var stored = Assert.Single(gateway.Storage.Records);
        Assert.Equal(("orders.new", "hello", "_live"), (stored.Subject, stored.Value, stored.Log.Topic.Value));
    }

    [Fact]
    public async Task Headers_reply_and_order_survive()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var subscriber = await gateway.ConnectAsync();
        using var publisher = await gateway.ConnectAsync();
        await subscriber.RoundTripAsync("SUB a 1\r\n");
        const string Headers = "NATS/1.0\r\nA: 1\r\nA: 2\r\nb: x y\r\n\r\n";

        await publisher.RoundTripAsync($"HPUB a reply.to {Headers.Length} {Headers.Length + 2}\r\n{Headers}hi\r\n");

        Assert.Equal($"HMSG a 1 reply.to {Headers.Length} {Headers.Length + 2}\r\n{Headers}hi\r\n", await subscriber.ReadUntilAsync("hi\r\n"));
        var stored = Assert.Single(gateway.Storage.Records);
        Assert.Equal([("rmq-reply-to", "reply.to"), ("A", "1"), ("A", "2"), ("b", "x y")], stored.Headers);
    }

    [Fact]
    public async Task A_queue_group_gets_each_message_once()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var one = await gateway.ConnectAsync();
        using var two = await gateway.ConnectAsync();
        using var publisher = await gateway.ConnectAsync();
        await one.RoundTripAsync("SUB work q 1\r\n");
        await two.RoundTripAsync("SUB work q 1\r\n");

        await publisher.RoundTripAsync(string.Concat(Enumerable.Repeat("PUB work 1\r\nx\r\n", 200)));

        var first = Count(await one.RoundTripAsync(""));
        var second = Count(await two.RoundTripAsync(""));
        Assert.Equal(200, first + second);
        Assert.InRange(first, 50, 150);
    }

    [Fact]
    public async Task A_request_that_nobody_takes_is_answered_with_503()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        var answer = await client.RoundTripAsync("SUB _INBOX.me.* 9\r\nPUB nobody _INBOX.me.1 2\r\nhi\r\n");

        Assert.Equal("HMSG _INBOX.me.1 9 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n", answer);
    }

    [Fact]
    public async Task A_client_is_pinged_when_it_is_connected_and_not_while_it_still_connects()
    {
        var time = new ManualTime();
        await using var gateway = await GatewayFixture.StartAsync(time);
        using var connecting = await RawClient.ConnectAsync(gateway.EndPoint, null);
        await connecting.SendAsync("CONNECT {\"verbose\":true}\r\n");
        await connecting.ReadUntilAsync("+OK\r\n");
        using var connected = await gateway.ConnectAsync();
        connecting.ShowsPings = connected.ShowsPings = true;

        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("PING\r\n", await connected.ReadUntilAsync("\r\n"));

        Assert.Equal(string.Empty, await connecting.RoundTripAsync(string.Empty));
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("PING\r\n", await connecting.ReadUntilAsync("\r\n"));
    }

    [Fact]
    public async Task Unsub_ends_at_once_or_after_the_given_number_of_messages()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        var limited = await client.RoundTripAsync("SUB a 1\r\nUNSUB 1 2\r\n" + string.Concat(Enumerable.Repeat("PUB a 1\r\nx\r\n", 5)));
        var gone = await client.RoundTripAsync("SUB b 2\r\nUNSUB 2\r\nPUB b 1\r\nx\r\n");

        Assert.Equal(2, Count(limited));
        Assert.Equal("", gone);
    }

    [Fact]
    public async Task Echo_can_be_switched_off()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync("""{"verbose":false,"echo":false}""");

        Assert.Equal("", await client.RoundTripAsync("SUB a 1\r\nPUB a 1\r\nx\r\n"));
    }

    [Fact]
    public async Task A_verbose_client_gets_an_ok_for_every_command()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await RawClient.ConnectAsync(gateway.EndPoint, null);

        var answer = await client.RoundTripAsync("CONNECT {\"verbose\":true}\r\nSUB a 1\r\nPUB b 1\r\nx\r\nUNSUB 1\r\n");

        Assert.Equal("+OK\r\n+OK\r\n+OK\r\n+OK\r\n", answer);
    }

    [Theory]
    [InlineData("NONSENSE\r\n", "-ERR 'Unknown Protocol Operation'\r\n")]
    [InlineData("PUB a 3\r\nabcd\r\n", "-ERR 'Unknown Protocol Operation'\r\n")]
    [InlineData("PUB a -1\r\n", "")]
    [InlineData("PUB a\r\n", "")]
    [InlineData("PUB a 99999999999999999999\r\n", "")]
    [InlineData("PUB a 2000000\r\n", "-ERR 'Maximum Payload Violation'\r\n")]
    [InlineData("HPUB a 10 5\r\n", "")]
    [InlineData("SUB\r\n", "-ERR 'Unknown Protocol Operation'\r\n")]
    [InlineData("SUB a\r\n", "")]
    public async Task Bad_input_is_answered_as_nats_server_does_and_closes(string input, string expected)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        await client.SendAsync(input);

        Assert.Equal(expected, await client.ReadToEndAsync());
    }

    [Fact]
    public async Task An_overlong_control_line_closes_the_connection()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        await client.SendAsync("PUB " + new string('a', 5000));

        Assert.Equal("-ERR 'maximum control line exceeded'\r\n", await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(1 << 20)]
    public async Task Payloads_of_any_size_arrive_whole(int size)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        var payload = new string('p', size - 1) + "!";

        await client.SendAsync($"SUB a 1\r\nPUB a {size}\r\n{payload}\r\n");

        Assert.Equal($"MSG a 1 {size}\r\n{payload}\r\n", await client.ReadUntilAsync("!\r\n"));
    }

    [Fact]
    public async Task Commands_may_be_cut_anywhere()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();

        foreach (var letter in "SUB a 1\r\nPUB a 3\r\nabc\r\n")
            await client.SendAsync(letter.ToString());

        Assert.Equal("MSG a 1 3\r\nabc\r\n", await client.ReadUntilAsync("abc\r\n"));
    }

    [Fact]
    public async Task A_client_without_CONNECT_is_served_where_no_login_is_needed()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await RawClient.ConnectAsync(gateway.EndPoint, null);

        Assert.Equal("+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n", Sorted(await client.RoundTripAsync("SUB a 1\r\nPUB a 1\r\nx\r\n")));
    }

    [Fact]
    public async Task Peers_hear_of_interest_and_their_own_is_counted_as_responders()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.RoundTripAsync("SUB a.* 1\r\nSUB jobs workers 2\r\nSUB jobs workers 3\r\n");

        Assert.Equal(1, gateway.Storage.Interest[(Namespace.Default, SubjectFilter.Parse("a.*"), null)]);
        Assert.Equal(2, gateway.Storage.Interest[(Namespace.Default, SubjectFilter.Parse("jobs"), "workers")]);

        gateway.Storage.Receiver!.OnPeerInterest(new PeerInterest(new SubscriberId(8), Namespace.Default, SubjectFilter.Parse("far"), null, 1));
        Assert.Equal("", await client.RoundTripAsync("SUB _INBOX.x 4\r\nPUB far _INBOX.x 1\r\nx\r\n"));
        Assert.Equal("far", Assert.Single(gateway.Storage.Records).Subject);
    }

    [Fact]
    public async Task A_queue_group_with_members_at_a_peer_is_shared_with_it()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        var peer = new SubscriberId(8);
        gateway.Storage.Receiver!.OnPeerInterest(new PeerInterest(peer, Namespace.Default, SubjectFilter.Parse("jobs"), "workers", 1));
        await client.RoundTripAsync("SUB jobs workers 1\r\n");

        var here = Count(await client.RoundTripAsync(string.Concat(Enumerable.Repeat("PUB jobs 1\r\nx\r\n", 200))));

        var there = gateway.Storage.Records.Count(record => record.Picks.Any(pick => pick.Subscriber == peer && pick.Queue == "workers"));
        Assert.Equal(200, here + there);
        Assert.InRange(here, 50, 150);
    }

    private static int Count(string messages) => messages.Split("MSG ").Length - 1;

    private static string Sorted(string answer) =>
        string.Concat(answer.Split("+OK\r\n").Length - 1 is var oks ? Enumerable.Repeat("+OK\r\n", oks) : []) + answer.Replace("+OK\r\n", "");
}
