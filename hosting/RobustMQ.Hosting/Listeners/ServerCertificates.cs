using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Listeners;

/// <summary>
/// The certificates of one listener, read again when their files hold something else, so that a renewal needs no restart. Renewed files that cannot be read, or do not belong together yet,
/// leave the old certificate in place and are tried again with a later handshake.
/// </summary>
public sealed partial class ServerCertificates
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private Loaded _loaded;
    private byte[] _print;
    private byte[] _refusedPrint = [];
    private long _checkedAt;

    /// <exception cref="StartException">A file cannot be read or is no certificate.</exception>
    public ServerCertificates(TlsOptions options, TimeProvider time, ILogger<ServerCertificates> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _checkedAt = time.GetTimestamp();
        try
        {
            _print = PrintOfFiles();
            _loaded = Load(options);
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            throw new StartException($"TLS certificate {options.CertificateFile}: {error.Message}", error);
        }
    }

    private sealed record Loaded(SslStreamCertificateContext Server, X509Certificate2Collection Authorities);

    /// <summary>Why the files cannot be used; null: they can be.</summary>
    internal static string? ProblemOf(TlsOptions options)
    {
        try
        {
            Load(options);
            return null;
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            return error.Message;
        }
    }

    /// <summary>For one handshake.</summary>
    public SslServerAuthenticationOptions ForHandshake()
    {
        var current = Current();
        return new()
        {
            ServerCertificateContext = current.Server,
            EnabledSslProtocols = TlsOptions.Protocols,
            ClientCertificateRequired = _options.ClientCertificates != ClientCertificateMode.None,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => IsAcceptable(certificate, chain, current.Authorities),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
    }

    private Loaded Current()
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_checkedAt) < CheckInterval)
                return _loaded;
            _checkedAt = _time.GetTimestamp();
            var print = _print;
            try
            {
                print = PrintOfFiles();
                if (print.AsSpan().SequenceEqual(_print))
                    return _loaded;
                _loaded = Load(_options);
                _print = print;
                var until = _loaded.Server.TargetCertificate.NotAfter.ToUniversalTime();
                LogRenewed(_logger, _options.CertificateFile, until);
            }
            catch (Exception error) when (IsOfFiles(error))
            {
                // Said once for each state of the files, however many handshakes see it.
                if (!print.AsSpan().SequenceEqual(_refusedPrint))
                    LogRefused(_logger, _options.CertificateFile, error.Message);
                _refusedPrint = print;
            }
            return _loaded;
        }
    }

    /// <summary>Tells one state of the files from another, which their times do not: a link may lead to other files from one moment to the next.</summary>
    private byte[] PrintOfFiles()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in (ReadOnlySpan<string?>)[_options.CertificateFile, _options.KeyFile, _options.AuthorityFile])
        {
            var bytes = file is null ? [] : File.ReadAllBytes(file);
            hash.AppendData(SHA256.HashData(bytes));
            CryptographicOperations.ZeroMemory(bytes);
        }
        return hash.GetHashAndReset();
    }

    private static Loaded Load(TlsOptions options)
    {
        var certificate = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(options.CertificateFile);
        var authorities = new X509Certificate2Collection();
        if (options.AuthorityFile is { } authority)
        {
            authorities.ImportFromPemFile(authority);
            if (authorities.Count == 0)
                throw new CryptographicException($"'{authority}' holds no certificate of an authority");
        }
        return new Loaded(SslStreamCertificateContext.Create(certificate, chain, offline: true), authorities);
    }

    private bool IsAcceptable(X509Certificate? certificate, X509Chain? chain, X509Certificate2Collection authorities)
    {
        if (certificate is null)
            return _options.ClientCertificates != ClientCertificateMode.Required;
        if (_options.ClientCertificates == ClientCertificateMode.None)
            return true;
        using var check = new X509Chain();
        check.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        check.ChainPolicy.CustomTrustStore.AddRange(authorities);
        check.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain is not null)
            check.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        using var shown = new X509Certificate2(certificate);
        return check.Build(shown);
    }

    /// <summary>A key of another certificate is an <see cref="ArgumentException"/> where it is one of an elliptic curve.</summary>
    private static bool IsOfFiles(Exception error) => error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS certificate {File} was renewed, it holds until {Until:u}")]
    private static partial void LogRenewed(ILogger logger, string file, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "TLS certificate {File} has changed and cannot be used, the one before is still served: {Why}")]
    private static partial void LogRefused(ILogger logger, string file, string why);
}
