using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>Where a gateway accepts WebSockets, and from whose pages.</summary>
public sealed record WebSocketListenerOptions
{
    public required ListenerOptions Listener { get; init; }

    /// <summary>Values of a browser's <c>Origin</c> header that are let in; empty: all. Clients that send none (everything but a browser) are not asked.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Subprotocols that are spoken, the preferred one first: one that a client offers is chosen, and one that offers others only is turned away. Empty: none is asked about.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>The protocol inside allows data in binary frames only: a text frame ends the connection.</summary>
    public bool IsBinary { get; init; }

    /// <summary>From the accept to the end of the request's headers.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads <c>section:address</c>, <c>section:port</c>, <c>section:tls:*</c>, <c>section:allowed_origins</c>. Null unless the section is configured at all.</summary>
    public static WebSocketListenerOptions? ReadOptional(SettingsReader settings, string section, int defaultPort)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var origins = settings.Texts($"{section}:allowed_origins", "origins of the pages that may connect (https://app.example); none: all");
        var timeout = settings.Duration(
            $"{section}:handshake_timeout", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "time for the HTTP request that becomes a WebSocket");
        return ListenerOptions.ReadOptional(settings, section, defaultPort) is { } listener
            ? new WebSocketListenerOptions { Listener = listener, AllowedOrigins = origins, HandshakeTimeout = timeout }
            : null;
    }
}
