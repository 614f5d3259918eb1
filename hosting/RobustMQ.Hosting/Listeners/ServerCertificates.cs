using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Listeners;

/// <summary>
/// The certificates of one listener, read again when their files change, so that a renewal needs no restart. A renewed file that cannot be read leaves the old
/// certificate in place.
/// </summary>
public sealed class ServerCertificates
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly X509Certificate2Collection _authorities = [];
    private SslStreamCertificateContext _context;
    private DateTime _fileTime;
    private long _checkedAt;

    /// <exception cref="StartException">A file cannot be read or is no certificate.</exception>
    public ServerCertificates(TlsOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _checkedAt = time.GetTimestamp();
        try
        {
            _context = Load();
            if (options.AuthorityFile is { } authority)
                _authorities.ImportFromPemFile(authority);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartException($"TLS certificate {options.CertificateFile}: {error.Message}", error);
        }
    }

    /// <summary>For one handshake.</summary>
    public SslServerAuthenticationOptions ForHandshake() => new()
    {
        ServerCertificateContext = Current(),
        EnabledSslProtocols = TlsOptions.Protocols,
        ClientCertificateRequired = _options.ClientCertificates != ClientCertificateMode.None,
        RemoteCertificateValidationCallback = IsAcceptable,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    private SslStreamCertificateContext Current()
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_checkedAt) < CheckInterval)
                return _context;
            _checkedAt = _time.GetTimestamp();
            try
            {
                if (File.GetLastWriteTimeUtc(_options.CertificateFile) != _fileTime)
                    _context = Load();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
            {
            }
            return _context;
        }
    }

    private SslStreamCertificateContext Load()
    {
        _fileTime = File.GetLastWriteTimeUtc(_options.CertificateFile);
        var certificate = X509Certificate2.CreateFromPemFile(_options.CertificateFile, _options.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_options.CertificateFile);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    private bool IsAcceptable(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return _options.ClientCertificates != ClientCertificateMode.Required;
        if (_options.ClientCertificates == ClientCertificateMode.None)
            return true;
        using var check = new X509Chain();
        check.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        check.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        check.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null)
            check.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        using var shown = new X509Certificate2(certificate);
        return check.Build(shown);
    }
}
