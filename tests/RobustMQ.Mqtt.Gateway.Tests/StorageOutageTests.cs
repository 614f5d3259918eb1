using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Client.Tests.Support;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>A gateway that reaches its storage-node over gRPC, and what its clients notice when either is started again.</summary>
public sealed class StorageOutageTests
{
    [Fact]
    public async Task A_client_that_comes_before_the_storage_node_is_held_until_it_is_there()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        using var port = new ReservedPort();
        var gateway = await fixture.AddGatewayAsync(() => Connect(port.Number), "--mqtt:connect_timeout", "60s", "--mqtt:storage_patience", "30s");
        using var named = await fixture.OpenAsync(gateway: gateway);
        await named.ConnectAsync(new TestConnect { ClientId = "me" });
        using var nameless = await fixture.OpenAsync(gateway: gateway);
        await nameless.ConnectAsync(new TestConnect());
        await using var server = await TestServer.StartAsync(fixture.Node, port.Number);
        Assert.StartsWith("CONNACK 0 Success", await named.ReadAsync());
        Assert.StartsWith("CONNACK 0 Success", await nameless.ReadAsync());
    }

    [Fact]
    public async Task A_client_is_told_to_come_back_when_the_storage_node_stays_away()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        using var port = new ReservedPort();
        var gateway = await fixture.AddGatewayAsync(() => Connect(port.Number), "--mqtt:storage_patience", "100ms");
        using var client = await fixture.OpenAsync(gateway: gateway);
        await client.ConnectAsync(new TestConnect { ClientId = "me" });
        Assert.Equal("CONNACK 0 ServerUnavailable", await client.ReadAsync());
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task A_session_of_MQTTnet_outlives_a_restart_of_its_gateway_and_of_the_storage_node(MqttProtocolVersion version)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        using var port = new ReservedPort();
        var server = await TestServer.StartAsync(fixture.Node, port.Number);
        try
        {
            var gateway = await fixture.AddGatewayAsync(() => Connect(port.Number));
            using (var client = new MqttClientFactory().CreateMqttClient())
            {
                Assert.False((await client.ConnectAsync(OptionsFor(gateway, version))).IsSessionPresent);
                await client.SubscribeAsync("kept/#", MqttQualityOfServiceLevel.ExactlyOnce);
                await client.DisconnectAsync();
            }
            await PublishAsync(gateway, version, "before");

            // The gateway stays and loses its storage-node, which comes back on the same data.
            await server.KillAsync();
            server = await TestServer.StartAsync(fixture.Node, port.Number);
            await PublishAsync(gateway, version, "between");

            await fixture.RestartAsync();
            await server.DisposeAsync();
            server = await TestServer.StartAsync(fixture.Node, port.Number);
            var second = await fixture.AddGatewayAsync(() => Connect(port.Number));
            using var back = new MqttClientFactory().CreateMqttClient();
            using var received = new Received(back, count: 4);
            Assert.True((await back.ConnectAsync(OptionsFor(second, version))).IsSessionPresent);
            Assert.Equal(["before 1 AtLeastOnce", "before 2 ExactlyOnce", "between 1 AtLeastOnce", "between 2 ExactlyOnce"], (await received.AllAsync()).Order(StringComparer.Ordinal));
            await back.DisconnectAsync();
        }
        finally
        {
            // While they can still say what becomes of their sessions.
            await fixture.StopGatewaysAsync();
            await server.DisposeAsync();
        }
    }

    private static async Task PublishAsync(MqttGateway gateway, MqttProtocolVersion version, string payload)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(OptionsFor(gateway, version, "publisher", isPersistent: false));
        for (var qos = 1; qos <= 2; qos++)
            Assert.True((await client.PublishStringAsync($"kept/{qos}", $"{payload} {qos}", (MqttQualityOfServiceLevel)qos)).IsSuccess);
        await client.DisconnectAsync();
    }

    private static MqttClientOptions OptionsFor(MqttGateway gateway, MqttProtocolVersion version, string id = "stays", bool isPersistent = true)
    {
        var builder = new MqttClientOptionsBuilder().WithProtocolVersion(version).WithClientId(id).WithTimeout(TimeSpan.FromSeconds(30))
            .WithTcpServer("127.0.0.1", GatewayFixture.EndPointOf(gateway).Port).WithCleanStart(!isPersistent);
        return (version == MqttProtocolVersion.V500 && isPersistent ? builder.WithSessionExpiryInterval(600) : builder).Build();
    }

    private static GrpcStorageClient Connect(int port) => new(new StorageClientOptions { Address = $"http://127.0.0.1:{port}" }, TimeProvider.System, NullLoggerFactory.Instance);

    private sealed class Received : IDisposable
    {
        private readonly List<string> _lines = [];
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _limit = new(Limits.Deadline);

        public Received(IMqttClient client, int count) => client.ApplicationMessageReceivedAsync += message =>
        {
            lock (_lines)
            {
                _lines.Add($"{message.ApplicationMessage.ConvertPayloadToString()} {message.ApplicationMessage.QualityOfServiceLevel}");
                if (_lines.Count == count)
                    _all.TrySetResult();
            }
            return Task.CompletedTask;
        };

        public async Task<IReadOnlyList<string>> AllAsync()
        {
            await _all.Task.WaitAsync(_limit.Token);
            lock (_lines)
                return [.. _lines];
        }

        public void Dispose() => _limit.Dispose();
    }
}
