using System.Text.Json;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Nats.Gateway.Tests;

public sealed class MonitoringTests
{
    [Fact]
    public async Task Varz_and_connz_count_messages_connections_and_subscriptions()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync("""{"verbose":false,"name":"teller","lang":"test"}""");
        await client.RoundTripAsync("SUB a 1\r\nPUB a 5\r\nhello\r\n");

        var general = await gateway.MonitorAsync("/varz");
        var connections = await gateway.MonitorAsync("/connz?subs=1");
        var interest = await gateway.MonitorAsync("/subsz");

        Assert.Equal((1, 5, 1), (general.GetProperty("in_msgs").GetInt32(), general.GetProperty("in_bytes").GetInt32(), general.GetProperty("out_msgs").GetInt32()));
        Assert.Equal(1, general.GetProperty("connections").GetInt32());
        var row = Assert.Single(connections.GetProperty("connections").EnumerateArray());
        Assert.Equal(("teller", "test", 1), (row.GetProperty("name").GetString(), row.GetProperty("lang").GetString(), row.GetProperty("subscriptions").GetInt32()));
        Assert.Equal("a", row.GetProperty("subscriptions_list")[0].GetString());
        Assert.Equal(1, interest.GetProperty("num_subscriptions").GetInt32());
    }

    [Fact]
    public async Task Closed_connections_are_listed_with_their_reason()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using (var client = await gateway.ConnectAsync())
        {
            await client.SendAsync("BOGUS\r\n");
            await client.ReadToEndAsync();
        }

        JsonElement closed = default;
        await Eventually.TrueAsync(
            async () => (closed = (await gateway.MonitorAsync("/connz?state=closed")).GetProperty("connections")).GetArrayLength() > 0, "it is listed");

        Assert.Equal("Protocol Violation", closed[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Health_is_ok_while_the_storage_node_is_reached()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal("ok", (await gateway.MonitorAsync("/healthz")).GetProperty("status").GetString());
    }
}
