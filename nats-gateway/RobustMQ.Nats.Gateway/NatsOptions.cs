using System.Net;
using RobustMQ.GatewayKit.Listeners;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Nats.Gateway.Authentication.Jwt;
using RobustMQ.Nats.Gateway.Mq9;

namespace RobustMQ.Nats.Gateway;

/// <summary>Every setting of the NATS gateway. The limits' defaults are nats-server's where it has them.</summary>
public sealed record NatsOptions
{
    public required string ServerName { get; init; }

    public required ListenerOptions Listener { get; init; }

    /// <summary>The client speaks TLS before the server's INFO.</summary>
    public required bool TlsHandshakeFirst { get; init; }

    /// <summary>Null: no WebSocket listener.</summary>
    public required WebSocketListenerOptions? WebSocket { get; init; }

    public required int MonitoringPort { get; init; }

    public required IPAddress MonitoringAddress { get; init; }

    public required int PayloadBytesMax { get; init; }

    public required int ControlLineBytesMax { get; init; }

    public required long PendingBytesMax { get; init; }

    public required int ConnectionsMax { get; init; }

    /// <summary>0: no limit.</summary>
    public required int SubscriptionsMax { get; init; }

    public required TimeSpan PingInterval { get; init; }

    public required int PingsOutMax { get; init; }

    public required TimeSpan AuthenticationTimeout { get; init; }

    public required TimeSpan LameDuckDuration { get; init; }

    public required IReadOnlyList<string> Advertise { get; init; }

    /// <summary>Null: users are those of <c>auth:users</c>.</summary>
    public required TrustedAccounts? TrustedAccounts { get; init; }

    public required Mq9Options Mq9 { get; init; }

    public static NatsOptions Read(SettingsReader settings) => new()
    {
        ServerName = settings.Text("nats:server_name", Environment.MachineName, "name in INFO and monitoring"),
        Listener = ListenerOptions.Read(settings, "nats", 4222),
        TlsHandshakeFirst = settings.Flag("nats:tls:handshake_first", false, "expect TLS before INFO is sent"),
        WebSocket = WebSocketListenerOptions.ReadOptional(settings, "nats:websocket", 8080),
        MonitoringPort = settings.Port("nats:monitoring_port", 8222, "/varz /connz /subsz /healthz over HTTP; 0 takes any free port"),
        MonitoringAddress = settings.Address("nats:monitoring_address", IPAddress.Loopback, "where monitoring listens"),
        PayloadBytesMax = (int)settings.Bytes("nats:max_payload", 1 << 20, 1, 64 << 20, "headers and payload of one message"),
        ControlLineBytesMax = (int)settings.Bytes("nats:max_control_line", 4096, 64, 1 << 20, "arguments of one command"),
        PendingBytesMax = settings.Bytes("nats:max_pending", 64 << 20, 64 << 10, 1L << 32, "bytes that may wait for one client before it is a slow consumer"),
        ConnectionsMax = settings.Number("nats:max_connections", 65536, 1, 1_000_000, "open client connections"),
        SubscriptionsMax = settings.Number("nats:max_subscriptions", 0, 0, int.MaxValue, "subscriptions of one connection; 0 is no limit"),
        PingInterval = settings.Duration(
            "nats:ping_interval", TimeSpan.FromMinutes(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), "silence after which a client is pinged"),
        PingsOutMax = settings.Number("nats:ping_max", 2, 1, 100, "pings without an answer after which a connection is stale"),
        AuthenticationTimeout = settings.Duration(
            "nats:auth_timeout", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10), "time from connecting to a successful CONNECT"),
        LameDuckDuration = settings.Duration(
            "nats:lame_duck_duration", TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromHours(1), "a stop closes the clients spread over this time"),
        Advertise = settings.Texts("nats:advertise", "host:port of gateways that clients are told to use as well (connect_urls)"),
        TrustedAccounts = TrustedAccounts.Read(settings),
        Mq9 = Mq9Options.Read(settings),
    };
}
