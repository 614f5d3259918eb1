using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.StorageNode;

/// <summary>Where the gRPC API is served, and its limits.</summary>
public sealed record StorageServerOptions
{
    /// <summary>Largest batch that any topic may allow: with its message around it, it still fits a gRPC message.</summary>
    public const int BatchBytesMax = 64 << 20;

    public const int DefaultPort = 7070;

    private const int KiB = 1 << 10;

    public required ListenerOptions Listener { get; init; }

    /// <summary>Path of a Unix socket beside the TCP port. Null: none.</summary>
    public string? Socket { get; init; }

    /// <summary>Largest message either way, bytes. Above the largest batch, and above the largest answer to a read.</summary>
    public int MessageBytesMax { get; init; } = 80 << 20;

    /// <summary>Appends of one stream that are not answered yet, bytes; past that the stream is read no further.</summary>
    public int AppendWindowBytes { get; init; } = 32 << 20;

    /// <summary>HTTP/2 receive window of a stream, bytes: what may be under way before it was read.</summary>
    public int StreamWindowBytes { get; init; } = 8 << 20;

    /// <summary>Open connections. Gateways and services are few, and each needs one.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    public static StorageServerOptions Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new StorageServerOptions
        {
            Listener = ListenerOptions.Read(settings, "storage", DefaultPort),
            Socket = settings.OptionalText("storage:socket", "path of a Unix socket to serve the API on as well"),
            AppendWindowBytes = (int)settings.Bytes(
                "storage:append_window", 32 << 20, 64 * KiB, 1 << 30, "appends of one stream that are not answered yet; past that it is read no further"),
            StreamWindowBytes = (int)settings.Bytes("storage:stream_window", 8 << 20, 64 * KiB, 1 << 30, "HTTP/2 receive window of a stream"),
            ConnectionsMax = settings.Number("storage:max_connections", 10_000, 1, 1_000_000, "open connections"),
        };
    }
}
