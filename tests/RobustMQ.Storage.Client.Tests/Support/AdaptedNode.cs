using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Embedded;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>
/// A storage-node whose clock stands, and a client of it. In memory (where topics of the engine <c>Segment</c> take part in replication), or with a durable engine on a directory of its own.
/// </summary>
internal sealed class AdaptedNode : IAsyncDisposable
{
    private readonly TestNode _node;
    private readonly TestServer? _server;
    private readonly string? _socket;
    private string? _directory;

    private AdaptedNode(TestNode node, IStorageClient client, TestServer? server = null, string? socket = null)
    {
        _node = node;
        _server = server;
        _socket = socket;
        Client = client;
    }

    public IStorageClient Client { get; }

    /// <summary>Topics that name no engine get the memory engine.</summary>
    public bool IsInMemory => _directory is null;

    public NodeStorage Node => _node.Node;

    public ManualTime Time => _node.Time;

    /// <summary>Another client of the same node, as of another gateway. Of adapters over TCP.</summary>
    public GrpcStorageClient NewGateway() => NewClient(_server!.Address);

    public static async Task<AdaptedNode> OpenAsync(Adapter adapter, StorageOptions? options = null)
    {
        var engine = EngineOf(adapter);
        var directory = engine == EngineKind.Memory ? null : Directory.CreateTempSubdirectory("robustmq-adapted-").FullName;
        var node = await TestNode.OpenAsync((options ?? new StorageOptions()) with { DefaultEngine = engine }, more: EnginesOf(engine, directory));
        var adapted = await ConnectAsync(adapter, node);
        adapted._directory = directory;
        return adapted;
    }

    public static GrpcStorageClient NewClient(string address, Func<StorageClientOptions, StorageClientOptions>? configure = null)
    {
        var options = new StorageClientOptions { Address = address, ReconnectDelayMax = TimeSpan.FromMilliseconds(50) };
        return new GrpcStorageClient(configure?.Invoke(options) ?? options, TimeProvider.System, NullLoggerFactory.Instance);
    }

    private static async Task<AdaptedNode> ConnectAsync(Adapter adapter, TestNode node)
    {
        if (adapter is Adapter.Embedded or Adapter.EmbeddedSegment or Adapter.EmbeddedRocksDb)
            return new AdaptedNode(node, new EmbeddedStorageClient(node.Node));
        var socket = adapter == Adapter.UnixSocket ? Path.Combine(Path.GetTempPath(), $"rmq-{Guid.NewGuid():n}.sock") : null;
        var server = await TestServer.StartAsync(node.Node, configure: given => given with { Socket = socket });
        return new AdaptedNode(node, NewClient(socket is null ? server.Address : "unix:" + socket), server, socket);
    }

    private static EngineKind EngineOf(Adapter adapter) => adapter switch
    {
        Adapter.EmbeddedSegment or Adapter.TcpSegment => EngineKind.Segment,
        Adapter.EmbeddedRocksDb or Adapter.TcpRocksDb => EngineKind.RocksDb,
        _ => EngineKind.Memory,
    };

    private static ILogEngine[] EnginesOf(EngineKind engine, string? directory) => engine switch
    {
        EngineKind.Segment => [new SegmentLogEngine([new DiskDirectory(directory!)], new SegmentOptions(), NullLogger.Instance)],
        EngineKind.RocksDb =>
            [new RocksDbLogEngine(directory!), new SegmentLogEngine([new DiskDirectory(Directory.CreateDirectory(Path.Combine(directory!, "segments")).FullName)], new SegmentOptions(), NullLogger.Instance)],
        _ => [new PersistentMemoryEngine()],
    };

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        await _node.DisposeAsync();
        if (_socket is not null)
            File.Delete(_socket);
        if (_directory is not null)
            Directory.Delete(_directory, recursive: true);
    }
}
