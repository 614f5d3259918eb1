using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage;
using RobustMQ.Storage.Embedded;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Nats.Gateway.Tests.Mq9.Support;

/// <summary>A storage-node on disk with gateways on free ports over it, all on one clock; both can be started again on the same data.</summary>
internal sealed class MailNode : IAsyncDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("mq9-").FullName;
    private readonly string[] _flags;
    private readonly TimeProvider _time;
    private readonly int _gatewayCount;
    private readonly List<NatsGateway> _gateways = [];
    private readonly List<UserStore> _stores = [];
    private bool _holdsStores;

    private MailNode(TimeProvider time, int gatewayCount, string[] flags)
    {
        _time = time;
        _gatewayCount = gatewayCount;
        _flags = flags;
    }

    public NodeStorage Storage { get; private set; } = null!;

    /// <summary>Users and grants made at run time, of each gateway's process.</summary>
    public IReadOnlyList<UserStore> Stores => _stores;

    public static Task<MailNode> StartAsync(params string[] flags) => StartAsync(TimeProvider.System, 1, flags);

    /// <summary>Who the users are is not known before <see cref="StartStoresAsync"/>.</summary>
    public static async Task<MailNode> StartWithoutStoresAsync(params string[] flags)
    {
        var node = new MailNode(TimeProvider.System, gatewayCount: 1, flags) { _holdsStores = true };
        await node.OpenAsync();
        return node;
    }

    public static async Task<MailNode> StartAsync(TimeProvider time, int gatewayCount = 1, params string[] flags)
    {
        var node = new MailNode(time, gatewayCount, flags);
        await node.OpenAsync();
        return node;
    }

    public async Task<MailClient> ConnectAsync(int gateway = 0, string connect = """{"verbose":false,"headers":true,"no_responders":true}""") =>
        await MailClient.ConnectAsync(EndPointOf(gateway), connect);

    public IPEndPoint EndPointOf(int gateway)
    {
        var address = new Uri(_gateways[gateway].Listeners[0].Address);
        return new IPEndPoint(IPAddress.Parse(address.Host), address.Port);
    }

    public async Task StartStoresAsync()
    {
        foreach (var store in _stores)
            await store.StartAsync(CancellationToken.None);
    }

    public ValueTask<IReadOnlyList<Topic>> TopicsAsync(bool includeInternal) => new EmbeddedStorageClient(Storage).Topics.ListAsync(Namespace.Default, includeInternal);

    /// <summary>Ends everything in order and starts it on what it left.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_data, recursive: true);
    }

    private async Task OpenAsync()
    {
        Storage = await NodeStorage.OpenAsync(new StorageOptions { DataDirectory = _data }, _time, NullLoggerFactory.Instance);
        for (var index = 0; index < _gatewayCount; index++)
        {
            var settings = new SettingsReader(new SettingsSources().AddFlags(
                ["--nats:port", "0", "--nats:monitoring_port", "0", "--nats:lame_duck_duration", "0ms", "--nats:auth_timeout", "1m", "--nats:server_name", $"gateway-{index}", .. _flags]));
            var options = NatsOptions.Read(settings);
            var auth = AuthOptions.Read(settings);
            settings.ThrowIfWrong();
            var users = new IdentityProvider(auth, _time, NullLogger<IdentityProvider>.Instance);
            var store = new UserStore(users, () => new EmbeddedStorageClient(Storage), _time, NullLoggerFactory.Instance);
            if (!_holdsStores)
                await store.StartAsync(CancellationToken.None);
            _stores.Add(store);
            var gateway = new NatsGateway(options, users, () => new EmbeddedStorageClient(Storage), NullLoggerFactory.Instance) { Time = _time };
            await gateway.StartAsync(CancellationToken.None);
            _gateways.Add(gateway);
        }
    }

    private async Task CloseAsync()
    {
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();
        _gateways.Clear();
        foreach (var store in _stores)
            await store.DisposeAsync();
        _stores.Clear();
        await Storage.DisposeAsync();
    }
}
