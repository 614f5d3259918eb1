using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>TLS over a connection that may have spoken in the clear before.</summary>
public sealed partial class TlsTransport : IAsyncDisposable
{
    private readonly SslStream _stream;
    private readonly PumpedPipe _pipe;

    private TlsTransport(SslStream stream, PumpedPipe pipe)
    {
        _stream = stream;
        _pipe = pipe;
    }

    public IDuplexPipe Transport => _pipe;

    /// <summary>Null where the client showed none.</summary>
    public X509Certificate2? ClientCertificate => _stream.RemoteCertificate as X509Certificate2;

    /// <summary>Shakes hands. Null where the client cannot, or takes too long: the operator is told why, since clients seldom are.</summary>
    /// <param name="remote">For the log.</param>
    public static async Task<TlsTransport?> AuthenticateAsync(
        IDuplexPipe transport, ServerCertificates certificates, TimeSpan timeout, long pendingBytesMax, EndPoint? remote, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        var stream = new SslStream(new DuplexPipeStream(transport), leaveInnerStreamOpen: true);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await stream.AuthenticateAsServerAsync(certificates.ForHandshake(), limit.Token).ConfigureAwait(false);
            return new TlsTransport(stream, new PumpedPipe(stream, pendingBytesMax));
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            var why = WhyOf(error, limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested);
            LogFailed(logger, remote, why);
            return null;
        }
    }

    public ValueTask DisposeAsync() => _pipe.DisposeAsync();

    private static string WhyOf(Exception error, bool tookTooLong) => error switch
    {
        OperationCanceledException => tookTooLong ? "it took too long" : "the connection ended",
        _ => error.GetBaseException().Message,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS handshake with {Remote} failed: {Why}")]
    private static partial void LogFailed(ILogger logger, EndPoint? remote, string why);
}
