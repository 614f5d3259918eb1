using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Nats.Gateway.Tests;

/// <summary>A gateway on a free port over a <see cref="FakeStorageClient"/>.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    private GatewayFixture(NatsGateway gateway, FakeStorageClient storage, IPEndPoint endPoint)
    {
        Gateway = gateway;
        Storage = storage;
        EndPoint = endPoint;
    }

    public NatsGateway Gateway { get; }

    public FakeStorageClient Storage { get; }

    public IPEndPoint EndPoint { get; }

    public static Task<GatewayFixture> StartAsync(params string[] flags) => StartAsync(TimeProvider.System, flags);

    public static async Task<GatewayFixture> StartAsync(TimeProvider time, params string[] flags)
    {
        var settings = new SettingsReader(new SettingsSources().AddFlags(
            ["--nats:port", "0", "--nats:monitoring_port", "0", "--nats:lame_duck_duration", "0ms", "--nats:auth_timeout", "1m", .. flags]));
        var storage = new FakeStorageClient();
        var options = NatsOptions.Read(settings);
        var auth = AuthOptions.Read(settings);
        settings.ThrowIfWrong();
        var users = new IdentityProvider(auth, time, NullLogger<IdentityProvider>.Instance);
        var gateway = new NatsGateway(options, users, () => storage, NullLoggerFactory.Instance) { Time = time };
        await gateway.StartAsync(CancellationToken.None);
        var address = new Uri(gateway.Listeners[0].Address);
        return new GatewayFixture(gateway, storage, new IPEndPoint(IPAddress.Parse(address.Host), address.Port));
    }

    public Task<RawClient> ConnectAsync(string connect = """{"verbose":false,"headers":true,"no_responders":true}""") => RawClient.ConnectAsync(EndPoint, connect);

    public async Task<System.Text.Json.JsonElement> MonitorAsync(string path)
    {
        using var http = new HttpClient { BaseAddress = new Uri(Gateway.Listeners.Single(listener => listener.Name == "nats-monitor").Address) };
        return System.Text.Json.JsonDocument.Parse(await http.GetStringAsync(path)).RootElement;
    }

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
