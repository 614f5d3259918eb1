using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>A connection from its accept to its end.</summary>
internal sealed partial class MqttConnectionHandler(MqttGatewayState gateway, ILogger<MqttConnectionHandler> logger)
{
    /// <summary>Serves one TCP connection.</summary>
    public Task ServeAsync(ConnectionContext context) => gateway.Options.ExpectsProxyHeader
        ? ServeProxiedAsync(context)
        : ServeAsync(context.Transport, RemoteOf(context), certificate: null, context);

    /// <summary>Serves one WebSocket.</summary>
    public Task ServeAsync(WebSocketConnection socket) => ServeAsync(socket.Transport, socket.RemoteEndPoint, socket.ClientCertificate, context: null);

    /// <summary>Serves one TCP connection that begins with a TLS handshake.</summary>
    public async Task ServeTlsAsync(ConnectionContext context, ServerCertificates certificates, TlsOptions options)
    {
        if (await FindRemoteAsync(context).ConfigureAwait(false) is not { } remote)
            return;
        var tls = await TlsTransport.AuthenticateAsync(
            context.Transport, certificates, options.HandshakeTimeout, gateway.Options.PendingBytesMax, remote, logger, context.ConnectionClosed).ConfigureAwait(false);
        if (tls is null)
            return;
        await using (tls.ConfigureAwait(false))
            await ServeAsync(tls.Transport, remote, tls.ClientCertificate, context).ConfigureAwait(false);
    }

    private async Task ServeProxiedAsync(ConnectionContext context)
    {
        if (await FindRemoteAsync(context).ConfigureAwait(false) is { } remote)
            await ServeAsync(context.Transport, remote, certificate: null, context).ConfigureAwait(false);
    }

    private static EndPoint RemoteOf(ConnectionContext context) => context.RemoteEndPoint ?? new IPEndPoint(IPAddress.None, 0);

    /// <summary>Who is at the other end: what a proxy says, where one is expected.</summary>
    /// <returns>Null: nothing that makes sense was said in time.</returns>
    private async ValueTask<EndPoint?> FindRemoteAsync(ConnectionContext context)
    {
        var remote = RemoteOf(context);
        if (!gateway.Options.ExpectsProxyHeader)
            return remote;
        var input = context.Transport.Input;
        using var limit = new CancellationTokenSource(gateway.Options.ConnectTimeout, gateway.Time);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token).ConfigureAwait(false);
                var start = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ProxyHeader.BytesMax));
                var status = ProxyHeader.TryRead(start.IsSingleSegment ? start.FirstSpan : start.ToArray(), out var client, out var length);
                if (status == ProxyHeaderStatus.Read)
                {
                    input.AdvanceTo(read.Buffer.GetPosition(length));
                    return client ?? remote;
                }
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (status == ProxyHeaderStatus.NeedsMore && !read.IsCompleted)
                    continue;
                LogNoProxyHeader(logger, remote);
                return null;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <param name="context">May be ended without waiting for the client to read; null: that is not possible.</param>
    private Task ServeAsync(IDuplexPipe transport, EndPoint? remote, X509Certificate2? certificate, ConnectionContext? context)
    {
        var connection = new MqttConnection(gateway.Connections.NextId(), new Outbound(transport.Output, gateway.OutboundLimits), remote, gateway.Now) { ClientCertificate = certificate };
        gateway.Connections.Add(connection);
        var session = new MqttSession(gateway, connection, new ClientTransport(transport, context));
        if (gateway.IsDraining)
            connection.Close(CloseReason.ServerShuttingDown);
        return session.RunAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Remote} did not begin with a PROXY header")]
    private static partial void LogNoProxyHeader(ILogger logger, EndPoint remote);
}
