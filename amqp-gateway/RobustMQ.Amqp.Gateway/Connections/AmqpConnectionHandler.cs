using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Protocol;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>A connection from its accept to its end.</summary>
internal sealed partial class AmqpConnectionHandler(AmqpGatewayState gateway, ILogger<AmqpConnectionHandler> logger)
{
    private const long LingerBytesMax = 64 << 20;

    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    /// <summary>Serves one TCP connection.</summary>
    public Task ServeAsync(ConnectionContext context) => ServeAsync(context, context.Transport, certificate: null);

    /// <summary>Serves one TCP connection that begins with a TLS handshake.</summary>
    public async Task ServeTlsAsync(ConnectionContext context, ServerCertificates certificates, TlsOptions options)
    {
        var tls = await TlsTransport.AuthenticateAsync(
            context.Transport, certificates, options.HandshakeTimeout, gateway.Options.PendingBytesMax, context.RemoteEndPoint, logger, context.ConnectionClosed).ConfigureAwait(false);
        if (tls is null)
            return;
        await using (tls.ConfigureAwait(false))
            await ServeAsync(context, tls.Transport, tls.ClientCertificate).ConfigureAwait(false);
    }

    private async Task ServeAsync(ConnectionContext context, IDuplexPipe transport, X509Certificate2? certificate)
    {
        var id = gateway.Connections.NextId();
        var connection = new AmqpConnection(id, $"{gateway.Id}/{id}", new Outbound(transport.Output, gateway.Time), context.RemoteEndPoint, gateway.Time)
        {
            ClientCertificate = certificate,
            Logger = logger,
        };
        gateway.Connections.Add(connection);
        using var session = new AmqpSession(gateway, connection, transport.Input);
        using var gone = context.ConnectionClosed.Register(static connection => ((AmqpConnection)connection!).BeginEnding(), connection);
        try
        {
            if (!gateway.IsDraining)
                await RunAsync(session, id).ConfigureAwait(false);
            await session.EndAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogNotCleaned(logger, id, error);
        }
        finally
        {
            connection.Outbound.Close();
            gateway.Connections.BeginLingering();
            gateway.Connections.Remove(connection);
            try
            {
                if (connection.Outbound.WasStuck)
                    context.Abort();
                else
                    await LingerAsync(transport.Input).ConfigureAwait(false);
            }
            finally
            {
                gateway.Connections.EndLingering();
            }
            await transport.Output.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whatever ends it: what the client holds is given back behind it.</summary>
    private async Task RunAsync(AmqpSession session, ulong id)
    {
        try
        {
            await session.RunAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogSessionFailed(logger, id, error);
        }
    }

    /// <summary>
    /// A client that is still sending must be able to read why it is closed, or that it may close: the socket is its to end, and what it sends meanwhile is thrown away instead of answered with a
    /// reset. A socket that this side ended would be reset by the first byte that comes.
    /// </summary>
    private async Task LingerAsync(PipeReader input)
    {
        using var limit = new CancellationTokenSource(LingerTime, gateway.Time);
        try
        {
            for (var bytes = 0L; bytes < LingerBytesMax;)
            {
                var read = await input.ReadAsync(limit.Token).ConfigureAwait(false);
                bytes += read.Buffer.Length;
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What connection {Id} held was not given back; it is when this gateway ends")]
    private static partial void LogNotCleaned(ILogger logger, ulong id, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} ended by a fault of the gateway")]
    private static partial void LogSessionFailed(ILogger logger, ulong id, Exception error);
}
