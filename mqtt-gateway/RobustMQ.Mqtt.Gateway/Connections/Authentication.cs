using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Enhanced authentication that has begun (5.0 section 4.12).</summary>
/// <param name="Connect">What waits for its end; null: an authentication again, of a client that is let in.</param>
internal sealed record Authentication(ScramLogin Login, ConnectRequest? Connect)
{
    /// <summary>The one method that is served.</summary>
    public const string Method = "SCRAM-SHA-256";
}
