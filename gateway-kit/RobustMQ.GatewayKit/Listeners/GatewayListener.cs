using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>Accepts raw TCP connections through Kestrel's transport and hands each to a delegate, whose task is the connection's life.</summary>
public sealed class GatewayListener : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly string _name;
    private readonly ListenerOptions _options;

    /// <param name="pendingBytesMax">Pause threshold of every connection's output: a flush beyond it does not complete, which sessions take as a slow consumer.</param>
    /// <param name="blockBytes">Taken from a socket at once, where messages are large; null: Kestrel's own blocks.</param>
    public GatewayListener(string name, ListenerOptions options, long pendingBytesMax, ConnectionDelegate serve, ILoggerFactory loggers, int? blockBytes = null)
    {
        _name = name;
        _options = options;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.MaxWriteBufferSize = pendingBytesMax;
            sockets.NoDelay = true;
            sockets.Backlog = 1024;
        });
        // The caller's token says how long a stop may wait for clients.
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.UseKestrelCore();
        if (blockBytes is { } bytes)
            builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new LargeBlocks(bytes));
        // The last factory that is named is the one that Kestrel takes. It never sees a connection, so no protocol of its own is asked of it.
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new ServedConnections(
            ActivatorUtilities.CreateInstance<SocketTransportFactory>(services), serve, loggers.CreateLogger<ServedConnections>()));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(options.Address, options.Port, static listen => listen.Protocols = HttpProtocols.None));
        _application = builder.Build();
    }

    /// <summary>Once started.</summary>
    public IPEndPoint EndPoint => BoundEndPoint.Of(_application);

    /// <exception cref="StartException">The port is taken, or the address is not this machine's.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw StartException.OfListener(_name, _options.Address, _options.Port, error);
        }
    }

    /// <summary>Stops accepting and waits for the connections' tasks to end; what is left when cancelled is aborted.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _application.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
