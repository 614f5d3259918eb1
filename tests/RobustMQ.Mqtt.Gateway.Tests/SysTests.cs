using System.Globalization;
using RobustMQ.Mqtt.Gateway.Monitoring;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>What the gateway says about itself under <c>$SYS</c>.</summary>
public sealed class SysTests
{
    [Fact]
    public async Task A_new_subscriber_is_told_everything_at_once_as_if_it_were_retained()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:sys_interval", "1h");
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("$SYS/broker/+");
        Assert.Equal("PUBLISH $SYS/broker/version RobustMQ version 0.1.0 retain", await client.ReadAsync());
        Assert.Equal("PUBLISH $SYS/broker/uptime 0 seconds retain", await client.ReadAsync());
        Assert.Empty(await client.ReadToPingAsync());

        await client.SubscribeAsync("$SYS/#", identifier: 3);
        var all = await client.ReadToPingAsync();
        Assert.Contains("PUBLISH $SYS/broker/load/publish/received/15min 0.00 retain SubscriptionIdentifier=3", all);
        Assert.All(all, static packet => Assert.EndsWith(" retain SubscriptionIdentifier=3", packet, StringComparison.Ordinal));
        foreach (var topic in Names)
            Assert.Contains(all, packet => packet.StartsWith($"PUBLISH $SYS/broker/{topic} ", StringComparison.Ordinal));
        Assert.Equal(Names.Length, all.Count);
    }

    [Fact]
    public async Task A_subscription_that_wants_nothing_retained_and_one_that_is_denied_are_told_nothing()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            "--mqtt:sys_interval", "1h", "--auth:users:0:name", "ann", "--auth:users:0:password", "secret",
            "--auth:users:0:permissions:subscribe:allow", "$SYS.**", "--auth:users:0:permissions:subscribe:deny", "$SYS.broker.clients.**");
        using var client = await gateway.OpenAsync();
        await client.ConnectAsync(new TestConnect { User = "ann", Password = "secret" });
        await client.ReadAsync();
        Assert.Equal("SUBACK 77 NotAuthorized", await client.SubscribeAsync("$SYS/broker/clients/#"));
        Assert.Equal("SUBACK 77 Success", await client.SubscribeAsync("$SYS/broker/heap/#", handling: RetainHandling.DoNotSend));
        Assert.Empty(await client.ReadToPingAsync());

        await client.SubscribeAsync("$SYS/#");
        var told = await client.ReadToPingAsync();
        Assert.Contains(told, static packet => packet.StartsWith("PUBLISH $SYS/broker/heap/current ", StringComparison.Ordinal));
        Assert.DoesNotContain(told, static packet => packet.StartsWith("PUBLISH $SYS/broker/clients/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_changes_is_told_and_what_does_not_is_not()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:sys_interval", "20ms");
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("$SYS/broker/version");
        Assert.Equal("PUBLISH $SYS/broker/version RobustMQ version 0.1.0 retain", await client.ReadAsync());
        await client.SubscribeAsync("$SYS/broker/publish/messages/received");
        await client.PublishAsync("a", "1");
        await client.PublishAsync("a", "2");
        var told = await ReadUntilAsync(client, "PUBLISH $SYS/broker/publish/messages/received 2");
        Assert.DoesNotContain(told, static packet => packet.StartsWith("PUBLISH $SYS/broker/version ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_clients_send_is_counted_as_it_is_on_the_wire()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:sys_interval", "20ms");
        using var client = await gateway.ConnectAsync(MqttVersion.V311, "q");
        await client.SubscribeAsync("$SYS/broker/messages/received");
        await ReadUntilAsync(client, "PUBLISH $SYS/broker/messages/received 2");
        await client.UnsubscribeAsync("$SYS/broker/messages/received");
        await client.SubscribeAsync("$SYS/broker/bytes/received");
        // A CONNECT, two SUBSCRIBEs and an UNSUBSCRIBE; nothing is sent after them.
        var sent = (2 + 10 + 3) + (2 + 2 + 2 + 29 + 1) + (2 + 2 + 2 + 29) + (2 + 2 + 2 + 26 + 1);
        await ReadUntilAsync(client, $"PUBLISH $SYS/broker/bytes/received {sent}");
    }

    [Fact]
    public async Task What_clients_get_is_counted_as_it_is_on_the_wire()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:sys_interval", "20ms");
        using var client = await gateway.ConnectAsync(MqttVersion.V311, "q");
        await client.SubscribeAsync("$SYS/broker/bytes/sent");
        // From the first that counts the SUBACK and the greeting on, nothing goes out but what tells of it.
        var said = await NextAsync();
        while (said < 4 + 5 + (2 + 2 + 22 + 1))
            said = await NextAsync();
        for (var i = 0; i < 3; i++)
        {
            var next = await NextAsync();
            Assert.Equal(said + 2 + 2 + 22 + said.ToString(CultureInfo.InvariantCulture).Length, next);
            said = next;
        }

        async Task<int> NextAsync()
        {
            var packet = await client.ReadAsync();
            while (packet.StartsWith("SUBACK", StringComparison.Ordinal))
                packet = await client.ReadAsync();
            return int.Parse(packet.Split(' ')[2], CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task Clients_are_those_that_are_here_and_those_whose_sessions_wait()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:sys_interval", "20ms");
        var (sleeper, _) = await gateway.ResumeAsync("sleeper");
        await sleeper.LeaveAsync();
        sleeper.Dispose();
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("$SYS/broker/clients/total");
        await ReadUntilAsync(client, "PUBLISH $SYS/broker/clients/total 2");
        await client.UnsubscribeAsync("$SYS/broker/clients/total");
        await client.SubscribeAsync("$SYS/broker/clients/disconnected");
        Assert.StartsWith("PUBLISH $SYS/broker/clients/disconnected 1", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SubscribeAsync("$SYS/broker/clients/maximum");
        Assert.StartsWith("PUBLISH $SYS/broker/clients/maximum 1", await client.ReadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 60, 120, 75.85)]
    [InlineData(5, 60, 120, 21.75)]
    [InlineData(15, 60, 120, 7.74)]
    [InlineData(1, 30, 60, 47.22)]
    public void A_load_is_a_rate_a_minute_that_is_approached_exponentially(int minutes, int seconds, long total, double expected)
    {
        var load = new LoadAverage();
        load.Add(total, TimeSpan.FromSeconds(seconds));
        var at = LoadAverage.Minutes.IndexOf(minutes);
        Assert.Equal(expected, load.Averages[at], 2);
        var before = load.Averages[at];
        load.Add(total, TimeSpan.FromSeconds(60));
        Assert.Equal(before * Math.Exp(-1.0 / minutes), load.Averages[at], 6);
    }

    private static readonly string[] Names =
    [
        "version", "uptime", "subscriptions/count", "heap/current", "heap/maximum",
        "clients/connected", "clients/active", "clients/disconnected", "clients/inactive", "clients/total", "clients/maximum",
        "bytes/received", "bytes/sent", "messages/received", "messages/sent",
        "publish/messages/received", "publish/messages/sent", "publish/messages/dropped", "publish/bytes/received", "publish/bytes/sent",
        .. new[]
        {
            "sockets", "connections", "bytes/received", "bytes/sent", "messages/received", "messages/sent", "publish/received", "publish/sent", "publish/dropped",
        }.SelectMany(static name => new[] { $"load/{name}/1min", $"load/{name}/5min", $"load/{name}/15min" }),
    ];

    /// <summary>A moment's value may come before the one that is waited for, and even before a SUBACK.</summary>
    private static async Task<IReadOnlyList<string>> ReadUntilAsync(TestClient client, string start)
    {
        var packets = new List<string> { await client.ReadAsync() };
        while (!packets[^1].StartsWith(start, StringComparison.Ordinal))
        {
            Assert.True(packets.Count < 500, $"{start} does not come: {string.Join(", ", packets)}");
            packets.Add(await client.ReadAsync());
        }
        return packets;
    }
}
