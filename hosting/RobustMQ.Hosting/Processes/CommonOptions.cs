using System.Net;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary>What every process reads.</summary>
public sealed record CommonOptions
{
    public required LogLevel LogLevel { get; init; }

    public required IPAddress AdminAddress { get; init; }

    /// <summary>0: any free port.</summary>
    public required int AdminPort { get; init; }

    /// <summary>How long a stop may take.</summary>
    public required TimeSpan DrainTimeout { get; init; }

    public static CommonOptions Read(SettingsReader settings, int defaultAdminPort) => new()
    {
        LogLevel = settings.Choice("log:level", LogLevel.Information, "least important level that is logged, to stderr"),
        AdminAddress = settings.Address("admin:address", IPAddress.Loopback, "health and metrics; loopback until somebody opens it"),
        AdminPort = settings.Port("admin:port", defaultAdminPort, "health and metrics over HTTP; 0 takes any free port"),
        DrainTimeout = settings.Duration(
            "admin:drain_timeout", TimeSpan.FromSeconds(10), TimeSpan.Zero, TimeSpan.FromHours(1), "how long a stop waits for clients to leave"),
    };
}
