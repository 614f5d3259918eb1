using System.Net;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Listeners;

/// <summary>Where a process accepts connections, and how.</summary>
public sealed record ListenerOptions
{
    public required IPAddress Address { get; init; }

    /// <summary>0: any free port.</summary>
    public required int Port { get; init; }

    /// <summary>Null: in the clear.</summary>
    public required TlsOptions? Tls { get; init; }

    /// <summary>Reads <c>section:address</c>, <c>section:port</c> and <c>section:tls:*</c>.</summary>
    public static ListenerOptions Read(SettingsReader settings, string section, int defaultPort) => new()
    {
        Address = settings.Address($"{section}:address", IPAddress.Loopback, "where to listen; loopback until somebody opens it"),
        Port = settings.Port($"{section}:port", defaultPort, "TCP port; 0 takes any free one"),
        Tls = TlsOptions.Read(settings, $"{section}:tls"),
    };

    /// <summary>As <see cref="Read"/>; null unless the section is configured at all.</summary>
    public static ListenerOptions? ReadOptional(SettingsReader settings, string section, int defaultPort)
    {
        var isConfigured = settings.HasSection(section);
        var options = Read(settings, section, defaultPort);
        return isConfigured ? options : null;
    }
}
