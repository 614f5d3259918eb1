using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Storage;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Embedded;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Kafka gateways on free ports over one storage-node with a directory of its own, and librdkafka's clients for them.</summary>
internal sealed class KafkaCluster : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-kafka-").FullName;
    private readonly List<KafkaGateway> _gateways = [];
    private readonly Dictionary<KafkaGateway, UserStore> _users = [];
    private readonly Action<ClientConfig>? _logIn;
    private NodeStorage _node = null!;

    private KafkaCluster(Action<ClientConfig>? logIn) => _logIn = logIn;

    public string Bootstrap => string.Join(',', _gateways.Select(BootstrapOf));

    public IReadOnlyList<KafkaGateway> Gateways => _gateways;

    public static Task<KafkaCluster> StartAsync(int gateways = 1, params string[] flags) => StartAsync(gateways, logIn: null, flags);

    /// <param name="logIn">As a user who may ask which brokers there are, where users are configured and there are several gateways.</param>
    public static async Task<KafkaCluster> StartAsync(int gateways, Action<ClientConfig>? logIn, params string[] flags)
    {
        var cluster = new KafkaCluster(logIn);
        cluster._node = await cluster.OpenNodeAsync();
        for (var i = 0; i < gateways; i++)
            await cluster.AddGatewayAsync(flags);
        return cluster;
    }

    public EmbeddedStorageClient Storage => new(_node);

    public Task AddGatewayAsync(params string[] flags) => AddGatewayAsync(static storage => storage, flags);

    /// <param name="over">Stands between the gateway and the storage-node.</param>
    public async Task AddGatewayAsync(Func<IStorageClient, IStorageClient> over, params string[] flags)
    {
        var settings = new SettingsReader(new SettingsSources().AddFlags(["--kafka:port", "0", "--kafka:group:initial_delay", "0ms", .. flags]));
        var (options, auth) = (KafkaOptions.Read(settings), AuthOptions.Read(settings));
        settings.ThrowIfWrong();
        var users = new IdentityProvider(auth, TimeProvider.System, NullLogger<IdentityProvider>.Instance);
        // As in a process of its own: what another gateway changes arrives through the storage.
        var store = new UserStore(users, () => new EmbeddedStorageClient(_node), TimeProvider.System, NullLoggerFactory.Instance);
        await store.StartAsync(CancellationToken.None);
        var gateway = new KafkaGateway(options, users, () => over(new EmbeddedStorageClient(_node)), TimeProvider.System, NullLoggerFactory.Instance);
        _users.Add(gateway, store);
        await gateway.StartAsync(CancellationToken.None);
        _gateways.Add(gateway);
        // A broker is one when the others know it, and each of them learns that by itself.
        await Eventually.TrueAsync(() => gateway.Health.All(static report => report.IsHealthy), "the gateway is a broker");
        if (_gateways.Count == 1)
            return;
        foreach (var known in _gateways)
            await Eventually.TrueAsync(() => BrokersOf(known) == _gateways.Count, "every gateway names all of them");
    }

    /// <summary>
    /// Completes when every slot has the coordinator that it falls to, which a gateway that joins changes. A transaction whose coordinator goes before anything of it is registered cannot be aborted by
    /// librdkafka: it asks the next coordinator to, which knows the transaction before only (INVALID_TXN_STATE).
    /// </summary>
    public async Task WhenCoordinatedAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var view = new ClusterView();
        await foreach (var change in Storage.Node.WatchLeasesAsync(ClusterView.Prefix, patience.Token))
        {
            view.Apply(change);
            if (view.Brokers.Count == _gateways.Count && Enumerable.Range(0, ClusterMembership.SlotCount).All(slot => view.CoordinatorOf(slot) is { } holder && holder == Rendezvous.Pick(view.Brokers, (ulong)slot)))
                return;
        }
    }

    private int BrokersOf(KafkaGateway gateway)
    {
        using var admin = Admin(config =>
        {
            config.BootstrapServers = BootstrapOf(gateway);
            _logIn?.Invoke(config);
        });
        return admin.GetMetadata(TimeSpan.FromSeconds(20)).Brokers.Count;
    }

    /// <summary>Everything ends and begins again over what is on the disk.</summary>
    public async Task RestartAsync(int gateways = 1, params string[] flags)
    {
        foreach (var gateway in _gateways)
            await EndAsync(gateway);
        _gateways.Clear();
        await _node.DisposeAsync();
        _node = await OpenNodeAsync();
        for (var i = 0; i < gateways; i++)
            await AddGatewayAsync(flags);
    }

    /// <summary>A gateway ends without a word to the others, as one that is killed does: what it held runs out.</summary>
    public async Task KillGatewayAsync(KafkaGateway gateway)
    {
        _gateways.Remove(gateway);
        await EndAsync(gateway);
    }

    /// <summary>A gateway ends in order: it gives up what it holds and finishes what it serves.</summary>
    public async Task StopGatewayAsync(KafkaGateway gateway)
    {
        _gateways.Remove(gateway);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await gateway.DrainAsync(patience.Token);
        Assert.False(patience.IsCancellationRequested, "connections do not end");
        await EndAsync(gateway);
    }

    public IProducer<byte[], byte[]> Producer(Action<ProducerConfig>? configure = null)
    {
        var config = new ProducerConfig { BootstrapServers = Bootstrap, LingerMs = 1, MessageTimeoutMs = 20_000 };
        configure?.Invoke(config);
        return new ProducerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
    }

    public IConsumer<byte[], byte[]> Consumer(Action<ConsumerConfig>? configure = null, Action<IConsumer<byte[], byte[]>, Error>? onError = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = Bootstrap,
            GroupId = "unused",
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnablePartitionEof = true,
            FetchWaitMaxMs = 50,
        };
        configure?.Invoke(config);
        return new ConsumerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { }).SetErrorHandler(onError ?? (static (_, _) => { })).Build();
    }

    /// <summary>A client of one gateway alone.</summary>
    public static string BootstrapOf(KafkaGateway gateway) => new Uri(gateway.Listeners[0].Address).Authority;

    public IAdminClient Admin(Action<AdminClientConfig>? configure = null)
    {
        var config = new AdminClientConfig { BootstrapServers = Bootstrap };
        configure?.Invoke(config);
        return new AdminClientBuilder(config).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
    }

    /// <summary>Everything of one partition from an offset to its end.</summary>
    public List<ConsumeResult<byte[], byte[]>> ReadAll(string topic, int partition = 0, long from = 0)
    {
        using var consumer = Consumer();
        consumer.Assign(new TopicPartitionOffset(topic, partition, from));
        var records = new List<ConsumeResult<byte[], byte[]>>();
        while (true)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(20));
            Assert.NotNull(result);
            if (result.IsPartitionEOF)
                return records;
            records.Add(result);
        }
    }

    public static void LogIn(ClientConfig config, string user, string password) => LogIn(config, SaslMechanism.Plain, user, password);

    public static void LogIn(ClientConfig config, SaslMechanism mechanism, string user, string password)
    {
        config.SecurityProtocol = SecurityProtocol.SaslPlaintext;
        (config.SaslMechanism, config.SaslUsername, config.SaslPassword) = (mechanism, user, password);
    }

    public static string Text(byte[]? bytes) => bytes is null ? "(null)" : Encoding.UTF8.GetString(bytes);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private ValueTask<NodeStorage> OpenNodeAsync() => new(NodeStorage.OpenAsync(new StorageOptions { DataDirectory = _directory }, TimeProvider.System, NullLoggerFactory.Instance));

    private async ValueTask EndAsync(KafkaGateway gateway)
    {
        await gateway.DisposeAsync();
        if (_users.Remove(gateway, out var store))
            await store.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
            await EndAsync(gateway);
        await _node.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
