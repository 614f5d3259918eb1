using System.Net.Http;
using System.Net.Sockets;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace RobustMQ.Storage.Client.Transport;

/// <summary>Turns an address into a gRPC channel: HTTP/2 over TCP, TLS or a Unix socket, with windows and limits set.</summary>
public static class StorageEndpoint
{
    private const string UnixScheme = "unix:";

    /// <exception cref="ArgumentException">The address is none of the three forms.</exception>
    public static GrpcChannel Open(StorageClientOptions options, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        var socketPath = options.Address.StartsWith(UnixScheme, StringComparison.Ordinal) ? options.Address[UnixScheme.Length..] : null;
        var uri = socketPath is null ? ParseUri(options.Address) : new Uri("http://localhost");
        var handler = NewHandler(options);
        if (socketPath is not null)
            handler.ConnectCallback = (_, cancellationToken) => ConnectToSocketAsync(socketPath, cancellationToken);
        return GrpcChannel.ForAddress(uri, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            LoggerFactory = loggers,
            MaxReceiveMessageSize = options.MessageBytesMax,
            MaxSendMessageSize = options.MessageBytesMax,
            ThrowOperationCanceledOnCancellation = true,
        });
    }

    private static Uri ParseUri(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new ArgumentException($"'{address}' is no storage address: http://host:port, https://host:port or unix:/path/to/socket", nameof(address));

    private static SocketsHttpHandler NewHandler(StorageClientOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            InitialHttp2StreamWindowSize = options.StreamWindowBytes,
            KeepAlivePingDelay = options.KeepAliveDelay,
            KeepAlivePingTimeout = options.KeepAliveTimeout,
        };
        if (options.Tls is not null)
            handler.SslOptions = options.Tls;
        return handler;
    }

    private static async ValueTask<Stream> ConnectToSocketAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
