using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Storage;
using RobustMQ.Storage.Client;

namespace RobustMQ.StorageNode.Tests;

/// <summary>A node in memory and its gRPC server on a free port; the server can be stopped and started again while the node stays.</summary>
internal sealed class ServedNode : IAsyncDisposable
{
    private readonly List<IStorageClient> _clients = [];
    private StorageServer _server;
    private int _port;

    private ServedNode(NodeStorage node, string? socket, StorageServer server)
    {
        Node = node;
        Socket = socket;
        _server = server;
    }

    public NodeStorage Node { get; }

    public string? Socket { get; }

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public static async Task<ServedNode> StartAsync(StorageOptions? options = null, bool withSocket = false, int appendWindowBytes = 32 << 20)
    {
        var node = await NodeStorage.OpenAsync(options ?? new StorageOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        var socket = withSocket ? Path.Combine(Path.GetTempPath(), $"rmq-{Guid.NewGuid():n}.sock") : null;
        var served = new ServedNode(node, socket, CreateServer(node, 0, socket, appendWindowBytes));
        await served.StartServerAsync();
        return served;
    }

    public GrpcStorageClient Connect(string? address = null)
    {
        var client = new GrpcStorageClient(
            new StorageClientOptions { Address = address ?? Address.ToString(), ReconnectDelayMax = TimeSpan.FromMilliseconds(100) }, TimeProvider.System, NullLoggerFactory.Instance);
        _clients.Add(client);
        return client;
    }

    /// <summary>Drains the server and starts another one on the same port.</summary>
    public async Task RestartServerAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await _server.DrainAsync(limit.Token);
        await _server.DisposeAsync();
        _server = CreateServer(Node, _port, Socket, 32 << 20);
        await StartServerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        await _server.DisposeAsync();
        await Node.DisposeAsync();
    }

    private static StorageServer CreateServer(NodeStorage node, int port, string? socket, int appendWindowBytes) =>
        new(
            new StorageServerOptions
            {
                Listener = new ListenerOptions { Address = IPAddress.Loopback, Port = port, Tls = null },
                Socket = socket,
                AppendWindowBytes = appendWindowBytes,
            },
            () => node,
            NullLoggerFactory.Instance);

    private async Task StartServerAsync()
    {
        await _server.StartAsync(CancellationToken.None);
        _port = new Uri(_server.Listeners[0].Address).Port;
    }
}
