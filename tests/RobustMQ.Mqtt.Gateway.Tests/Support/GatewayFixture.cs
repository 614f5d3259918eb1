using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Storage;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.Mqtt.Gateway.Tests.Support;

/// <summary>Gateways on free ports over one storage-node with its data in a directory of its own, all on one clock.</summary>
internal sealed class GatewayFixture(TimeProvider time) : IAsyncDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"rmq-mqtt-{Guid.NewGuid():n}");
    private readonly List<MqttGateway> _gateways = [];
    private readonly List<UserStore> _stores = [];

    /// <summary>Users and grants made at run time, of each gateway's process.</summary>
    public IReadOnlyList<UserStore> Stores => _stores;

    /// <summary>Who the users are is not known before the stores are started.</summary>
    public bool HoldsStores { get; init; }

    public NodeStorage Node { get; private set; } = null!;

    public IStorageClient Storage { get; private set; } = null!;

    /// <summary>The first one.</summary>
    public MqttGateway Gateway => _gateways[0];

    public static Task<GatewayFixture> StartAsync(params string[] flags) => StartAsync(TimeProvider.System, flags);

    public static Task<GatewayFixture> StartAsync(TimeProvider time, params string[] flags) => StartAsync(new GatewayFixture(time), flags);

    public static async Task<GatewayFixture> StartAsync(GatewayFixture fixture, params string[] flags)
    {
        await fixture.OpenNodeAsync();
        await fixture.AddGatewayAsync(flags);
        return fixture;
    }

    /// <summary>Everything ends and begins again on the same data.</summary>
    public async Task RestartAsync(params string[] flags)
    {
        await StopGatewaysAsync();
        await Node.DisposeAsync();
        await OpenNodeAsync();
        await AddGatewayAsync(flags);
    }

    /// <summary>All gateways end in order; clients are told.</summary>
    public async Task StopGatewaysAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DrainAsync(CancellationToken.None);
            await gateway.DisposeAsync();
        }
        _gateways.Clear();
        await StopStoresAsync();
    }

    public Task<MqttGateway> AddGatewayAsync(params string[] flags) => AddGatewayAsync(() => new EmbeddedStorageClient(Node), flags);

    /// <param name="connect">How the gateway reaches the storage-node.</param>
    public async Task<MqttGateway> AddGatewayAsync(Func<IStorageClient> connect, params string[] flags)
    {
        var settings = new SettingsReader(new SettingsSources().AddFlags(["--mqtt:port", "0", .. flags]));
        var options = MqttOptions.Read(settings);
        var auth = AuthOptions.Read(settings);
        settings.ThrowIfWrong();
        var users = new IdentityProvider(auth, time, NullLogger<IdentityProvider>.Instance);
        var store = new UserStore(users, connect, time, NullLoggerFactory.Instance);
        if (!HoldsStores)
            await store.StartAsync(CancellationToken.None);
        _stores.Add(store);
        var gateway = new MqttGateway(options, users, connect, NullLoggerFactory.Instance) { Time = time };
        await gateway.StartAsync(CancellationToken.None);
        _gateways.Add(gateway);
        return gateway;
    }

    public static IPEndPoint EndPointOf(MqttGateway gateway, string listener = "mqtt")
    {
        var address = new Uri(gateway.Listeners.Single(found => found.Name == listener).Address);
        return new IPEndPoint(IPAddress.Parse(address.Host), address.Port);
    }

    /// <summary>A socket that has said nothing yet.</summary>
    public Task<TestClient> OpenAsync(MqttVersion version = MqttVersion.V5, MqttGateway? gateway = null) => TestClient.OpenAsync(EndPointOf(gateway ?? Gateway), version);

    /// <summary>A client of 5.0 with a session that outlives its connection, and the CONNACK's session present flag.</summary>
    public async Task<(TestClient Client, bool IsPresent)> ResumeAsync(
        string id, MqttGateway? gateway = null, uint expiry = 600, bool cleanStart = false, ushort receiveMaximum = 0, TestConnect? connect = null)
    {
        var client = await OpenAsync(MqttVersion.V5, gateway);
        var properties = new PropertyBlockBuilder().Add(PropertyId.SessionExpiryInterval, expiry);
        if (receiveMaximum > 0)
            properties.Add(PropertyId.ReceiveMaximum, receiveMaximum);
        await client.ConnectAsync((connect ?? new TestConnect()) with { ClientId = id, CleanStart = cleanStart, Properties = properties.Encoded.ToArray() });
        var answer = await client.ReadAsync();
        Assert.Matches("^CONNACK [01] Success", answer);
        return (client, answer[8] == '1');
    }

    /// <summary>A client that is let in.</summary>
    public async Task<TestClient> ConnectAsync(MqttVersion version = MqttVersion.V5, string id = "", MqttGateway? gateway = null)
    {
        var client = await OpenAsync(version, gateway);
        await client.ConnectAsync(new TestConnect { ClientId = id });
        Assert.StartsWith("CONNACK 0 Success", await client.ReadAsync());
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();
        await StopStoresAsync();
        await Node.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StopStoresAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _stores.Clear();
    }

    private async Task OpenNodeAsync()
    {
        Node = await NodeStorage.OpenAsync(new StorageOptions { DataDirectory = _directory }, time, NullLoggerFactory.Instance);
        Storage = new EmbeddedStorageClient(Node);
    }
}
