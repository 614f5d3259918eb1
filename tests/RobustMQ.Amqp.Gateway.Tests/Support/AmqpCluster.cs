using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Storage;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>AMQP gateways on free ports over one storage-node with a directory of its own, and RabbitMQ's own client for them.</summary>
internal sealed class AmqpCluster : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-amqp-").FullName;
    private readonly List<AmqpGateway> _gateways = [];
    private readonly List<UserStore> _stores = [];
    private readonly List<IConnection> _connections = [];
    private NodeStorage _node = null!;

    public IReadOnlyList<AmqpGateway> Gateways => _gateways;

    /// <summary>Users and grants made at run time, of each gateway's process.</summary>
    public IReadOnlyList<UserStore> Stores => _stores;

    /// <summary>Who the users are is not known before the stores are started.</summary>
    public bool HoldsStores { get; set; }

    public EmbeddedStorageClient Storage => new(_node);

    public static async Task<AmqpCluster> StartAsync(int gateways = 1, params string[] flags)
    {
        var cluster = new AmqpCluster();
        cluster._node = await cluster.OpenNodeAsync();
        for (var i = 0; i < gateways; i++)
            await cluster.AddGatewayAsync(flags);
        return cluster;
    }

    public Task<AmqpGateway> AddGatewayAsync(params string[] flags) => AddGatewayAsync(static storage => storage, flags);

    /// <param name="over">What stands between the gateway and the storage-node.</param>
    public async Task<AmqpGateway> AddGatewayAsync(Func<IStorageClient, IStorageClient> over, params string[] flags)
    {
        var settings = new SettingsReader(new SettingsSources().AddFlags(["--amqp:port", "0", .. flags]));
        var (options, auth) = (AmqpOptions.Read(settings), AuthOptions.Read(settings));
        settings.ThrowIfWrong();
        var users = new IdentityProvider(auth, TimeProvider.System, NullLogger<IdentityProvider>.Instance);
        var store = new UserStore(users, () => new EmbeddedStorageClient(_node), TimeProvider.System, Loggers);
        if (!HoldsStores)
            await store.StartAsync(CancellationToken.None);
        _stores.Add(store);
        var gateway = new AmqpGateway(options, users, () => over(new EmbeddedStorageClient(_node)), TimeProvider.System, Loggers);
        await gateway.StartAsync(CancellationToken.None);
        _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>Everything ends and begins again over what is on the disk.</summary>
    /// <param name="over">What stands between the new gateway and the storage-node.</param>
    public async Task RestartAsync(Func<IStorageClient, IStorageClient>? over = null)
    {
        await CloseConnectionsAsync();
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();
        _gateways.Clear();
        await StopStoresAsync();
        await _node.DisposeAsync();
        _node = await OpenNodeAsync();
        await AddGatewayAsync(over ?? (static storage => storage));
    }

    /// <summary>A gateway ends without a word to the others, as one that is killed does.</summary>
    public async Task KillGatewayAsync(AmqpGateway gateway)
    {
        _gateways.Remove(gateway);
        await gateway.DisposeAsync();
    }

    public async Task<IConnection> ConnectAsync(int gateway = 0, Action<ConnectionFactory>? configure = null)
    {
        var factory = new ConnectionFactory
        {
            Uri = new Uri(_gateways[gateway].Listeners[0].Address),
            AutomaticRecoveryEnabled = false,
            RequestedConnectionTimeout = Deadline,
            ContinuationTimeout = Deadline,
        };
        configure?.Invoke(factory);
        var connection = await factory.CreateConnectionAsync();
        _connections.Add(connection);
        return connection;
    }

    /// <summary>A channel of a connection of its own.</summary>
    public async Task<IChannel> OpenAsync(int gateway = 0, bool confirms = false)
    {
        var connection = await ConnectAsync(gateway);
        return await connection.CreateChannelAsync(new CreateChannelOptions(confirms, confirms));
    }

    public async ValueTask DisposeAsync()
    {
        await CloseConnectionsAsync();
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();
        await StopStoresAsync();
        await _node.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StopStoresAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _stores.Clear();
    }

    private static ILoggerFactory Loggers => NullLoggerFactory.Instance;

    private async Task CloseConnectionsAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
        _connections.Clear();
    }

    private Task<NodeStorage> OpenNodeAsync() => NodeStorage.OpenAsync(new StorageOptions { DataDirectory = _directory }, TimeProvider.System, NullLoggerFactory.Instance);
}
