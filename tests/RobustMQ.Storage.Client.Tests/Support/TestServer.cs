using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Hosting.Listeners;
using RobustMQ.StorageNode;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>A node's gRPC API on a free loopback port, and on a Unix socket where asked for.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly StorageServer _server;

    private TestServer(StorageServer server) => _server = server;

    /// <summary><c>http://127.0.0.1:port</c>.</summary>
    public string Address => _server.Listeners[0].Address;

    public int Port => new Uri(Address).Port;

    public static async Task<TestServer> StartAsync(NodeStorage node, int port = 0, Func<StorageServerOptions, StorageServerOptions>? configure = null)
    {
        var options = new StorageServerOptions { Listener = new ListenerOptions { Address = IPAddress.Loopback, Port = port, Tls = null } };
        var server = new StorageServer(configure?.Invoke(options) ?? options, () => node, NullLoggerFactory.Instance);
        await server.StartAsync(default);
        return new TestServer(server);
    }

    /// <summary>Ends as a process does that is told to stop.</summary>
    public async Task DrainAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Deadline);
        await _server.DrainAsync(limit.Token);
        await DisposeAsync();
    }

    /// <summary>Ends at once: what is in flight is cut off.</summary>
    public async Task KillAsync()
    {
        await _server.DrainAsync(new CancellationToken(canceled: true));
        await DisposeAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
