using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Hosting.Processes;
using RobustMQ.Storage;
using RobustMQ.StorageNode.Services;
using RobustMQ.StorageNode.Streams;

namespace RobustMQ.StorageNode;

/// <summary>Serves a node's storage over gRPC: HTTP/2 on TCP (with TLS where configured), and on a Unix socket where one is configured.</summary>
/// <param name="node">Asked for once, when the server starts.</param>
public sealed partial class StorageServer(StorageServerOptions options, Func<NodeStorage> node, ILoggerFactory loggers) : IProcessPart
{
    private const string SocketPrefix = "http://unix:";

    private readonly CancellationTokenSource _draining = new();
    private WebApplication? _application;
    private int _disposed;

    public string Name => "storage-api";

    public IReadOnlyList<ListenerEndPoint> Listeners =>
        _application is null
            ? []
            : [.. Addresses().Select(static address => new ListenerEndPoint("storage", address.StartsWith(SocketPrefix, StringComparison.Ordinal) ? address["http://".Length..] : address))];

    public IReadOnlyList<HealthReport> Health
    {
        get
        {
            var isServing = _application is not null && !_draining.IsCancellationRequested;
            return [new HealthReport("storage:api", isServing, isServing ? "serving" : "not serving")];
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!IPAddress.IsLoopback(options.Listener.Address) && options.Listener.Tls is not { ClientCertificates: Hosting.Listeners.ClientCertificateMode.Required })
            LogOpen(loggers.CreateLogger<StorageServer>(), options.Listener.Address);
        var certificates = options.Listener.Tls is { } tls ? new ServerCertificates(tls, TimeProvider.System, loggers.CreateLogger<ServerCertificates>()) : null;
        RemoveStaleSocket();
        _application = Build(certificates);
        try
        {
            await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw StartException.OfListener(options.Socket is { } path ? $"storage (with {path})" : "storage", options.Listener.Address, options.Listener.Port, error);
        }
    }

    /// <summary>Ends the streams in order: what was read from them is appended and answered, then callers go on elsewhere or come back.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _draining.CancelAsync().ConfigureAwait(false);
        if (_application is not null)
            await _application.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _draining.CancelAsync().ConfigureAwait(false);
        if (_application is not null)
            await _application.DisposeAsync().ConfigureAwait(false);
        _draining.Dispose();
    }

    private WebApplication Build(ServerCertificates? certificates)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRouting();
        // The caller's token says how long a stop may wait.
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.Services.AddSingleton(node());
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(new ServerLife(_draining.Token));
        builder.Services.AddGrpc(Configure);
        builder.Services.AddSingleton<LogCalls>().AddSingleton<TopicCalls>().AddSingleton<NodeCalls>().AddSingleton<ConsumerCalls>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, certificates));
        var application = builder.Build();
        application.UseRouting();
        application.MapGrpcService<LogCalls>();
        application.MapGrpcService<TopicCalls>();
        application.MapGrpcService<NodeCalls>();
        application.MapGrpcService<ConsumerCalls>();
        return application;
    }

    private void Configure(GrpcServiceOptions grpc)
    {
        grpc.MaxReceiveMessageSize = options.MessageBytesMax;
        grpc.MaxSendMessageSize = options.MessageBytesMax;
        // Batches are compressed by those who produce them, or not at all.
        grpc.ResponseCompressionAlgorithm = null;
        grpc.Interceptors.Add<FailureInterceptor>();
    }

    private void Configure(KestrelServerOptions kestrel, ServerCertificates? certificates)
    {
        kestrel.AddServerHeader = false;
        StorageTransport.SetLimits(kestrel.Limits, options);
        kestrel.Listen(options.Listener.Address, options.Listener.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificates is not null)
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(ForHttp2(certificates)) });
        });
        if (options.Socket is { } path)
            kestrel.ListenUnixSocket(Path.GetFullPath(path), static listen => listen.Protocols = HttpProtocols.Http2);
    }

    private static SslServerAuthenticationOptions ForHttp2(ServerCertificates certificates)
    {
        var handshake = certificates.ForHandshake();
        handshake.ApplicationProtocols = [SslApplicationProtocol.Http2];
        return handshake;
    }

    /// <summary>A socket file that a killed process left behind; one that somebody listens on stays, and makes the start fail.</summary>
    private void RemoveStaleSocket()
    {
        if (options.Socket is not { } path || !File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    private IEnumerable<string> Addresses() =>
        _application!.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage API at {Address} is open to everybody who reaches it, who may read and change all data: storage:tls:client_certificates is not 'required'")]
    private static partial void LogOpen(ILogger logger, IPAddress address);
}
