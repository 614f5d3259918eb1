using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Processes;
using RobustMQ.Storage.Client;

namespace RobustMQ.GatewayKit.Storage;

/// <summary>Which storage-node a gateway process stands on: <c>gateway:storage</c> and <c>gateway:storage_tls:*</c>.</summary>
public sealed record StorageConnection
{
    private const string AddressKey = "gateway:storage";
    private const string TlsSection = "gateway:storage_tls";

    public required string Address { get; init; }

    /// <summary>PEM file with the authorities that the storage-node's certificate must come from. Null: the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>PEM file with the certificate that this gateway shows. Null: none.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public static StorageConnection Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var address = settings.Text(AddressKey, "http://127.0.0.1:7070", "the storage-node: http://host:port, https://host:port or unix:/path");
        if (!IsAddress(address))
            settings.Refuse(AddressKey, "is no http://host:port, https://host:port or unix:/path");
        var certificate = settings.OptionalText("gateway:storage_tls:certificate", "PEM file with the certificate that this gateway shows the storage-node");
        var key = settings.OptionalText("gateway:storage_tls:key", "PEM file with that certificate's private key; default: the certificate file");
        if (key is not null && certificate is null)
            settings.Refuse("gateway:storage_tls:key", "needs gateway:storage_tls:certificate");
        var connection = new StorageConnection
        {
            Address = address,
            AuthorityFile = settings.OptionalText("gateway:storage_tls:ca", "PEM file with the authorities of the storage-node's certificate; default: the system's"),
            CertificateFile = certificate,
            KeyFile = key ?? certificate,
        };
        connection.CheckTls(settings);
        return connection;
    }

    /// <exception cref="StartException">A certificate file cannot be read.</exception>
    public StorageClientOptions ToClientOptions() => new() { Address = Address, Tls = CreateTls() };

    private static bool IsAddress(string address) =>
        address.StartsWith("unix:", StringComparison.Ordinal) || (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");

    private void CheckTls(SettingsReader settings)
    {
        if (!settings.HasSection(TlsSection))
            return;
        // Whoever says anything of TLS must not be connected in the clear.
        if (!Address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            settings.Refuse(AddressKey, $"must begin with https:// where {TlsSection} is set");
        try
        {
            CreateTls();
        }
        catch (StartException error)
        {
            settings.Refuse(TlsSection, $"cannot be used: {error.InnerException!.Message}");
        }
    }

    private SslClientAuthenticationOptions? CreateTls()
    {
        if (AuthorityFile is null && CertificateFile is null)
            return null;
        try
        {
            var tls = new SslClientAuthenticationOptions { EnabledSslProtocols = Hosting.Listeners.TlsOptions.Protocols };
            if (AuthorityFile is not null)
            {
                tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                tls.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(AuthorityFile);
            }
            if (CertificateFile is not null)
                tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile)];
            return tls;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new StartException($"{TlsSection}: {error.Message}", error);
        }
    }
}
