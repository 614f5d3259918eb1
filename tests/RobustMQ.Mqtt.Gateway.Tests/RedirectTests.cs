using RobustMQ.Hosting.Configuration;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Tests;

public sealed class RedirectTests
{
    [Theory]
    [InlineData("temporary", "UseAnotherServer")]
    [InlineData("permanent", "ServerMoved")]
    public async Task Everybody_who_connects_is_sent_to_another_server(string mode, string reason)
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:redirect:server", "other.example:1883", "--mqtt:redirect:mode", mode);
        using var client = await gateway.OpenAsync();
        await client.ConnectAsync(new TestConnect());
        Assert.Equal($"CONNACK 0 {reason} ServerReference=other.example:1883", await client.ReadAsync());
        Assert.Equal("closed", await client.ReadAsync());
        using var old = await gateway.OpenAsync(MqttVersion.V311);
        await old.ConnectAsync(new TestConnect { ClientId = "old" });
        Assert.Equal("CONNACK 0 3", await old.ReadAsync());
    }

    [Fact]
    public async Task Whoever_is_connected_when_a_gateway_stops_is_sent_to_another_server()
    {
        await using var gateway = await GatewayFixture.StartAsync("--mqtt:redirect:server", "one.example two.example:1884");
        using var client = await gateway.ConnectAsync();
        using var old = await gateway.ConnectAsync(MqttVersion.V311, "old");
        await gateway.Gateway.DrainAsync(CancellationToken.None);
        Assert.Equal("DISCONNECT UseAnotherServer ServerReference=one.example two.example:1884", await client.ReadAsync());
        Assert.Equal("closed", await old.ReadAsync());
    }

    [Fact]
    public void A_mode_without_a_server_is_refused()
    {
        var settings = new SettingsReader(new SettingsSources().AddFlags(["--mqtt:redirect:mode", "permanent"]));
        MqttOptions.Read(settings);
        Assert.Throws<ConfigurationException>(settings.ThrowIfWrong);
    }
}
