using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>A connection from its accept to its end: TLS where configured, then the session.</summary>
internal sealed partial class KafkaConnectionHandler(
    KafkaGatewayState gateway, ServerCertificates? certificates, ILogger<KafkaConnectionHandler> logger, CancellationToken stopping)
{
    /// <summary>Of the TLS stream's own pipes.</summary>
    private const long TlsPendingBytesMax = 1 << 20;

    public async Task ServeAsync(ConnectionContext context)
    {
        if (certificates is null)
        {
            await ServeAsync(context, context.Transport, null).ConfigureAwait(false);
            return;
        }
        var tls = await TlsTransport.AuthenticateAsync(
            context.Transport, certificates, gateway.Options.Listener.Tls!.HandshakeTimeout, TlsPendingBytesMax, context.RemoteEndPoint, logger, context.ConnectionClosed).ConfigureAwait(false);
        if (tls is null)
            return;
        await using (tls.ConfigureAwait(false))
            await ServeAsync(context, tls.Transport, tls.ClientCertificate).ConfigureAwait(false);
    }

    private async Task ServeAsync(ConnectionContext context, IDuplexPipe transport, X509Certificate2? certificate)
    {
        var connection = new KafkaConnection(gateway.Connections.NextId(), context.RemoteEndPoint, certificate);
        gateway.Connections.Add(connection);
        try
        {
            if (stopping.IsCancellationRequested || gateway.Connections.Count > gateway.Options.ConnectionsMax)
                return;
            connection.Identity = await IdentifyAsync(connection, context.ConnectionClosed).ConfigureAwait(false);
            // Who comes before the gateway knows itself and its topics would be told of neither.
            await Task.WhenAll(gateway.Topics.Ready, gateway.Cluster.Joined).WaitAsync(context.ConnectionClosed).ConfigureAwait(false);
            using var output = Output(context, transport);
            await new KafkaSession(gateway, connection, transport.Input, output, logger).RunAsync(context.ConnectionClosed, stopping).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ConnectionResetException)
        {
        }
        catch (Exception error)
        {
            LogSessionFailed(logger, connection.Id, error);
        }
        finally
        {
            gateway.Connections.Remove(connection);
            connection.FetchSession = null;
            await transport.Output.CompleteAsync().ConfigureAwait(false);
        }
    }

    private IAnswerOutput Output(ConnectionContext context, IDuplexPipe transport) =>
        ReferenceEquals(transport, context.Transport) && context.Features.Get<IConnectionSocketFeature>() is { } feature
            ? new SocketAnswers(feature.Socket, gateway.Options.IdleTimeout, gateway.Time)
            : new PipeAnswers(transport.Output, gateway.Options.IdleTimeout, gateway.Time);

    /// <summary>Who a client is before it says anything: of its certificate, or anybody where that is allowed.</summary>
    private async ValueTask<UserIdentity?> IdentifyAsync(KafkaConnection connection, CancellationToken closed)
    {
        await gateway.Users.WaitUntilKnownAsync(closed).ConfigureAwait(false);
        if (connection.Certificate is not { } certificate)
            return gateway.Users.Anonymous;
        var result = await gateway.Users.AuthenticateAsync(new Credentials { Certificate = certificate, Address = connection.RemoteAddress }, closed).ConfigureAwait(false);
        return result.Identity ?? gateway.Users.Anonymous;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} ended by a fault of the gateway")]
    private static partial void LogSessionFailed(ILogger logger, long id, Exception error);
}
