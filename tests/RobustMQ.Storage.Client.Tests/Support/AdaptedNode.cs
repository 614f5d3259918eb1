using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Storage.Embedded;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>A storage-node in memory, whose clock stands, and a client of it. Topics of the engine <c>Segment</c> take part in replication.</summary>
internal sealed class AdaptedNode : IAsyncDisposable
{
    private readonly TestNode _node;
    private readonly TestServer? _server;
    private readonly string? _socket;

    private AdaptedNode(TestNode node, IStorageClient client, TestServer? server = null, string? socket = null)
    {
        _node = node;
        _server = server;
        _socket = socket;
        Client = client;
    }

    public IStorageClient Client { get; }

    public NodeStorage Node => _node.Node;

    public ManualTime Time => _node.Time;

    public static async Task<AdaptedNode> OpenAsync(Adapter adapter, StorageOptions? options = null)
    {
        var node = await TestNode.OpenAsync(options, more: new PersistentMemoryEngine());
        if (adapter == Adapter.Embedded)
            return new AdaptedNode(node, new EmbeddedStorageClient(node.Node));
        var socket = adapter == Adapter.UnixSocket ? Path.Combine(Path.GetTempPath(), $"rmq-{Guid.NewGuid():n}.sock") : null;
        var server = await TestServer.StartAsync(node.Node, configure: given => given with { Socket = socket });
        return new AdaptedNode(node, NewClient(socket is null ? server.Address : "unix:" + socket), server, socket);
    }

    public static GrpcStorageClient NewClient(string address, Func<StorageClientOptions, StorageClientOptions>? configure = null)
    {
        var options = new StorageClientOptions { Address = address, ReconnectDelayMax = TimeSpan.FromMilliseconds(50) };
        return new GrpcStorageClient(configure?.Invoke(options) ?? options, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        await _node.DisposeAsync();
        if (_socket is not null)
            File.Delete(_socket);
    }
}
