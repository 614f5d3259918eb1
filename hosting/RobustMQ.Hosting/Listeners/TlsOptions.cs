using System.Security.Authentication;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Listeners;

/// <summary>Certificates of a TLS listener, as PEM files.</summary>
public sealed record TlsOptions
{
    public required string CertificateFile { get; init; }

    public required string KeyFile { get; init; }

    /// <summary>Authorities that client certificates must come from.</summary>
    public required string? AuthorityFile { get; init; }

    public required ClientCertificateMode ClientCertificates { get; init; }

    /// <summary>Clients that take longer to shake hands are dropped.</summary>
    public required TimeSpan HandshakeTimeout { get; init; }

    public static SslProtocols Protocols => SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Null where nothing of TLS is configured. Files that cannot be used are a mistake, found before anything listens.</summary>
    public static TlsOptions? Read(SettingsReader settings, string section)
    {
        var certificate = settings.OptionalText($"{section}:certificate", "PEM file with the server's certificate and its chain; turns TLS on");
        var key = settings.OptionalText($"{section}:key", "PEM file with the certificate's private key; none: it is in the certificate file");
        var authority = settings.OptionalText($"{section}:ca", "PEM file with the authorities of client certificates");
        var mode = settings.Choice($"{section}:client_certificates", ClientCertificateMode.None, "whether clients show a certificate");
        var timeout = settings.Duration(
            $"{section}:timeout", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "time for the handshake");
        if (string.IsNullOrEmpty(certificate))
        {
            // Whoever says anything of TLS must not get a listener in the clear.
            if (settings.HasSection(section))
                settings.Refuse($"{section}:certificate", $"is needed where anything of {section} is set");
            return null;
        }
        if (mode != ClientCertificateMode.None && string.IsNullOrEmpty(authority))
            settings.Refuse($"{section}:client_certificates", $"needs {section}:ca");
        var options = new TlsOptions
        {
            CertificateFile = certificate,
            KeyFile = string.IsNullOrEmpty(key) ? certificate : key,
            AuthorityFile = string.IsNullOrEmpty(authority) ? null : authority,
            ClientCertificates = mode,
            HandshakeTimeout = timeout,
        };
        if (ServerCertificates.ProblemOf(options) is { } problem)
            settings.Refuse($"{section}:certificate", $"cannot be used: {problem}");
        return options;
    }
}
