using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>TLS over a connection that may have spoken in the clear before.</summary>
public sealed class TlsTransport : IAsyncDisposable
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

    /// <summary>Shakes hands. Null where the client cannot, or takes too long.</summary>
    public static async Task<TlsTransport?> AuthenticateAsync(
        IDuplexPipe transport, ServerCertificates certificates, TimeSpan timeout, long pendingBytesMax, CancellationToken cancellationToken)
    {
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
            return null;
        }
    }

    public ValueTask DisposeAsync() => _pipe.DisposeAsync();
}
