using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>Accepts WebSockets (RFC 6455) on any path through Kestrel and hands each to a delegate, whose task is the connection's life.</summary>
public sealed class WebSocketListener : IAsyncDisposable
{
    /// <summary>How long a peer may take to answer a closing handshake.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly WebApplication _application;
    private readonly WebSocketListenerOptions _options;
    private readonly Func<WebSocketConnection, Task> _serve;
    private readonly long _pendingBytesMax;
    private readonly string _name;

    /// <param name="pendingBytesMax">Pause threshold of every connection's output: a flush beyond it does not complete, which sessions take as a slow consumer.</param>
    public WebSocketListener(string name, WebSocketListenerOptions options, long pendingBytesMax, Func<WebSocketConnection, Task> serve, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        _name = name;
        _options = options;
        _serve = serve;
        _pendingBytesMax = pendingBytesMax;
        var certificates = options.Listener.Tls is { } tls ? new ServerCertificates(tls, TimeProvider.System, loggers.CreateLogger<ServerCertificates>()) : null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        // The caller's token says how long a stop may wait for clients.
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, certificates));
        _application = builder.Build();
        // The protocols inside have pings of their own.
        _application.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        _application.Run(HandleAsync);
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
            throw StartException.OfListener(_name, _options.Listener.Address, _options.Listener.Port, error);
        }
    }

    /// <summary>Stops accepting and waits for the connections' tasks to end; what is left when cancelled is aborted.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _application.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private void Configure(KestrelServerOptions kestrel, ServerCertificates? certificates)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.RequestHeadersTimeout = _options.HandshakeTimeout;
        kestrel.Limits.KeepAliveTimeout = _options.HandshakeTimeout;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Listen(_options.Listener.Address, _options.Listener.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (certificates is not null)
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificates.ForHandshake()), HandshakeTimeout = _options.Listener.Tls!.HandshakeTimeout });
        });
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "websocket";
            return;
        }
        if (!IsAllowed(context.Request.Headers.Origin.ToString()))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        var offered = context.WebSockets.WebSocketRequestedProtocols;
        var protocol = _options.Protocols.FirstOrDefault(spoken => offered.Contains(spoken, StringComparer.Ordinal));
        if (protocol is null && offered.Count > 0 && _options.Protocols.Count > 0)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        using var accepted = await context.WebSockets.AcceptWebSocketAsync(protocol).ConfigureAwait(false);
        using var socket = _options.IsBinary ? new BinaryWebSocket(accepted) : null;
        var stream = WebSocketStream.Create(socket ?? accepted, WebSocketMessageType.Binary, CloseTimeout);
        await using var pipe = new PumpedPipe(stream, _pendingBytesMax);
        var remote = context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, context.Connection.RemotePort) : null;
        var tls = context.Features.Get<ITlsConnectionFeature>();
        await _serve(new WebSocketConnection(pipe, remote, tls?.ClientCertificate, context.Request.IsHttps)).ConfigureAwait(false);
    }

    private bool IsAllowed(string origin) =>
        origin.Length == 0 || _options.AllowedOrigins.Count == 0 || _options.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase);
}
