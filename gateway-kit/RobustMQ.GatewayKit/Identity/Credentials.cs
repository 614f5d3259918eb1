using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>What a client shows. Never logged.</summary>
public readonly record struct Credentials
{
    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Token { get; init; }

    /// <summary>As the TLS handshake verified it.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whose failures are counted; null: nobody's.</summary>
    public IPAddress? Address { get; init; }
}
