using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>A connection from its accept to its end: greeting, TLS where configured, then the session.</summary>
internal sealed partial class NatsConnectionHandler(NatsGatewayState gateway, ServerCertificates? certificates, ILogger<NatsConnectionHandler> logger)
{
    /// <summary>Serves one TCP connection.</summary>
    public async Task ServeAsync(ConnectionContext context)
    {
        var options = gateway.Options;
        if (certificates is null)
        {
            await ServeAsync(NewConnection(context.Transport.Output, context.RemoteEndPoint, isWebSocket: false), context.Transport, isGreeted: false).ConfigureAwait(false);
            return;
        }

        if (!options.TlsHandshakeFirst)
        {
            // Server-first TLS: the INFO that asks for it goes out in the clear.
            var greeting = NewConnection(context.Transport.Output, context.RemoteEndPoint, isWebSocket: false);
            context.Transport.Output.Write(gateway.Info.For(greeting, nonce: greeting.Nonce));
            await context.Transport.Output.FlushAsync().ConfigureAwait(false);
            await ServeTlsAsync(context, greeting).ConfigureAwait(false);
            return;
        }
        await ServeTlsAsync(context, null).ConfigureAwait(false);
    }

    /// <summary>Serves one WebSocket.</summary>
    public Task ServeAsync(WebSocketConnection socket)
    {
        var connection = NewConnection(socket.Transport.Output, socket.RemoteEndPoint, isWebSocket: true);
        connection.ClientCertificate = socket.ClientCertificate;
        connection.IsTls = socket.IsTls;
        return ServeAsync(connection, socket.Transport, isGreeted: false);
    }

    private async Task ServeTlsAsync(ConnectionContext context, NatsConnection? greeted)
    {
        var options = gateway.Options;
        var tls = await TlsTransport.AuthenticateAsync(
            context.Transport, certificates!, options.Listener.Tls!.HandshakeTimeout, options.PendingBytesMax, context.RemoteEndPoint, logger, context.ConnectionClosed).ConfigureAwait(false);
        if (tls is null)
            return;
        await using (tls.ConfigureAwait(false))
        {
            var connection = NewConnection(tls.Transport.Output, context.RemoteEndPoint, isWebSocket: false, greeted);
            connection.ClientCertificate = tls.ClientCertificate;
            connection.IsTls = true;
            await ServeAsync(connection, tls.Transport, isGreeted: greeted is not null).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(NatsConnection connection, IDuplexPipe transport, bool isGreeted)
    {
        gateway.Connections.Add(connection);
        // Whoever slips in while the listener closes is not greeted: an INFO would make it wait for answers.
        if (gateway.IsDraining)
            connection.Close(CloseReason.ServerShutdown);
        if (!isGreeted)
            connection.Outbound.Write(gateway.Info.For(connection, nonce: connection.Nonce));
        if (gateway.Connections.Count > gateway.Options.ConnectionsMax)
            connection.Close(CloseReason.MaximumConnections);
        connection.Outbound.Flush();

        using var session = new NatsSession(gateway, connection, transport.Input);
        try
        {
            if (connection.CloseReason is null)
                await session.RunAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogSessionFailed(logger, connection.Id, error);
        }
        finally
        {
            connection.Close(CloseReason.ClientClosed);
            connection.LeaveAccount();
            gateway.Connections.Remove(connection, gateway.Now);
            await transport.Output.CompleteAsync().ConfigureAwait(false);
        }
    }

    private NatsConnection NewConnection(PipeWriter output, EndPoint? remote, bool isWebSocket, NatsConnection? greeted = null) =>
        new(greeted?.Id ?? gateway.Connections.NextId(), new Outbound(output), remote, gateway.Now)
        {
            IsWebSocket = isWebSocket,
            Nonce = greeted?.Nonce ?? (gateway.Authenticator.UsesNonce ? NewNonce() : null),
        };

    /// <summary>What a client signs with its key: 16 random characters, as nats-server sends (11 bytes in URL-safe base 64).</summary>
    private static byte[] NewNonce()
    {
        var nonce = new byte[16];
        System.Buffers.Text.Base64Url.EncodeToUtf8(RandomNumberGenerator.GetBytes(12), nonce);
        return nonce;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} ended by a fault of the gateway")]
    private static partial void LogSessionFailed(ILogger logger, ulong id, Exception error);
}
