using RobustMQ.GatewayKit.Listeners;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Subscriptions;

namespace RobustMQ.Mqtt.Gateway;

/// <summary>Every setting of the MQTT gateway.</summary>
public sealed record MqttOptions
{
    public required string ServerName { get; init; }

    public required ListenerOptions Listener { get; init; }

    /// <summary>A second port, for TLS beside clear text. Null: none.</summary>
    public required ListenerOptions? SecureListener { get; init; }

    /// <summary>Null: no WebSocket listener.</summary>
    public required WebSocketListenerOptions? WebSocket { get; init; }

    public required int PacketBytesMax { get; init; }

    public required int TopicLevelsMax { get; init; }

    public required long PendingBytesMax { get; init; }

    public required TimeSpan Patience { get; init; }

    public required int ConnectionsMax { get; init; }

    public required int SubscriptionsMax { get; init; }

    public required int ReceiveMaximum { get; init; }

    public required int InFlightMax { get; init; }

    public required int QueuedMessagesMax { get; init; }

    public required long QueuedBytesMax { get; init; }

    /// <summary>Seconds.</summary>
    public required uint SessionExpiryMax { get; init; }

    /// <summary>0: no limit.</summary>
    public required int SessionMessagesMax { get; init; }

    /// <summary>0: no limit.</summary>
    public required long SessionBytesMax { get; init; }

    public required int TopicAliasMaximum { get; init; }

    /// <summary>Seconds; 0: as clients wish.</summary>
    public required int KeepAliveMax { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan StoragePatience { get; init; }

    /// <summary>Null: clients are not sent elsewhere.</summary>
    public required RedirectOptions? Redirect { get; init; }

    /// <summary>Between two tellings of <c>$SYS</c>; zero: never.</summary>
    public required TimeSpan SysInterval { get; init; }

    public required DotHandling Dots { get; init; }

    /// <summary>Null: clients that ask get none.</summary>
    public required string? ResponseInformation { get; init; }

    public required IReadOnlyList<RewriteOptions> Rewrites { get; init; }

    public required IReadOnlyList<AutoSubscribeOptions> AutoSubscriptions { get; init; }

    /// <summary>Connections of one client identifier within <see cref="FlappingWindow"/>; 0: not counted.</summary>
    public required int FlappingConnectsMax { get; init; }

    public required TimeSpan FlappingWindow { get; init; }

    public required TimeSpan FlappingBan { get; init; }

    /// <summary>A second, over all clients; 0: no limit.</summary>
    public required int ConnectRateMax { get; init; }

    /// <summary>A second, of one client; 0: no limit.</summary>
    public required int MessageRateMax { get; init; }

    /// <summary>Of payload, a second, of one client; 0: no limit.</summary>
    public required long ByteRateMax { get; init; }

    public required bool ExpectsProxyHeader { get; init; }

    public static MqttOptions Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var secure = ListenerOptions.ReadOptional(settings, "mqtt:secure", 8883);
        if (secure is { Tls: null })
            settings.Refuse("mqtt:secure:tls:certificate", "is needed: the secure port speaks TLS");
        var connectTimeout = settings.Duration(
            "mqtt:connect_timeout", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10), "time from connecting to a good CONNECT");
        var storagePatience = settings.Duration(
            "mqtt:storage_patience", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromMinutes(5),
            "how long a CONNECT waits for a storage-node that cannot be reached before the client is told to come back; half of mqtt:connect_timeout at most");
        return new MqttOptions
        {
            ServerName = settings.Text("mqtt:server_name", Environment.MachineName, "name of this gateway in logs and at the storage-node"),
            Listener = ListenerOptions.Read(settings, "mqtt", 1883),
            SecureListener = secure,
            WebSocket = WebSocketListenerOptions.ReadOptional(settings, "mqtt:websocket", 8083) is { } webSocket ? webSocket with { Protocols = ["mqtt", "mqttv3.1"], IsBinary = true } : null,
            PacketBytesMax = (int)settings.Bytes("mqtt:max_packet_size", 1 << 20, 128, 64 << 20, "one whole packet; clients of 5.0 are told"),
            TopicLevelsMax = settings.Number("mqtt:max_topic_levels", 128, 1, 65_536, "levels of a topic or filter"),
            PendingBytesMax = settings.Bytes(
                "mqtt:max_pending", 16 << 20, 64 << 10, 1L << 32, "bytes that may wait for one client's socket; QoS 0 beyond them is dropped, QoS 1 and 2 queued"),
            Patience = settings.Duration(
                "mqtt:patience", TimeSpan.FromMilliseconds(100), TimeSpan.Zero, TimeSpan.FromSeconds(10), "how long publishers wait for a client whose socket is full, once"),
            ConnectionsMax = settings.Number("mqtt:max_connections", 65_536, 1, 1_000_000, "open client connections"),
            SubscriptionsMax = settings.Number("mqtt:max_subscriptions", 100_000, 1, 10_000_000, "subscriptions of one client"),
            ReceiveMaximum = settings.Number("mqtt:receive_maximum", 1024, 1, 65_535, "QoS 1 and 2 publishes of one client that may be unacknowledged"),
            InFlightMax = settings.Number("mqtt:max_inflight", 1024, 1, 65_535, "QoS 1 and 2 messages sent to one client and not acknowledged; fewer where the client says so"),
            QueuedMessagesMax = settings.Number("mqtt:max_queued_messages", 100_000, 0, 10_000_000, "QoS 1 and 2 messages that wait behind those; more are dropped"),
            QueuedBytesMax = settings.Bytes("mqtt:max_queued_bytes", 64 << 20, 0, 1L << 40, "their bytes"),
            SessionExpiryMax = (uint)settings.Number(
                "mqtt:max_session_expiry", int.MaxValue, 0, int.MaxValue, "seconds that a session outlives its connection; the largest is for ever, 0 is not at all") is var expiry and < int.MaxValue
                ? expiry : uint.MaxValue,
            SessionMessagesMax = settings.Number(
                "mqtt:max_session_messages", 100_000, 0, int.MaxValue, "messages that wait for one session that outlives its connection; beyond them the oldest are given up; 0 is no limit"),
            SessionBytesMax = settings.Bytes("mqtt:max_session_bytes", 256 << 20, 0, 1L << 50, "their bytes; they lie in the log once, whatever number of sessions wait for them"),
            TopicAliasMaximum = settings.Number("mqtt:topic_alias_maximum", 64, 0, 65_535, "topic aliases of one client of 5.0, and as many to it where it takes them; each keeps its topic in memory"),
            KeepAliveMax = settings.Number("mqtt:max_keep_alive", 0, 0, 65_535, "seconds; clients of 5.0 that ask for longer, or for none, are told this; 0 is no limit"),
            ConnectTimeout = connectTimeout,
            StoragePatience = storagePatience < connectTimeout / 2 ? storagePatience : connectTimeout / 2,
            Redirect = RedirectOptions.ReadOptional(settings),
            SysInterval = settings.Duration(
                "mqtt:sys_interval", TimeSpan.FromSeconds(10), TimeSpan.Zero, TimeSpan.FromHours(1), "how often subscribers of $SYS/broker are told; 0s is never"),
            Dots = settings.Choice("mqtt:dots", DotHandling.Literal, "a dot in a topic: a character, or a separator like / (lossy, but one name in every protocol)"),
            Rewrites = settings.List("mqtt:rewrite", RewriteOptions.Read),
            AutoSubscriptions = settings.List("mqtt:auto_subscribe", AutoSubscribeOptions.Read),
            FlappingConnectsMax = settings.Number("mqtt:flapping:max_connects", 0, 0, 1_000_000, "connections of one client identifier within the window before it is kept out; 0 counts nobody"),
            FlappingWindow = settings.Duration("mqtt:flapping:window", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), "time in which those are counted"),
            FlappingBan = settings.Duration("mqtt:flapping:ban", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1), TimeSpan.FromDays(30), "how long such a client is kept out"),
            ConnectRateMax = settings.Number("mqtt:max_connect_rate", 0, 0, 1_000_000, "clients let in a second; more are told to come back; 0 is no limit"),
            MessageRateMax = settings.Number("mqtt:max_message_rate", 0, 0, 100_000_000, "publishes a second of one client, which is read no faster; 0 is no limit"),
            ByteRateMax = settings.Bytes("mqtt:max_byte_rate", 0, 0, 1L << 40, "bytes of payload a second of one client, which is read no faster; 0 is no limit"),
            ExpectsProxyHeader = settings.Flag("mqtt:proxy_protocol", false, "every TCP connection (not WebSocket) begins with a PROXY header, version 1 or 2; others are closed"),
            ResponseInformation = settings.OptionalText("mqtt:response_information", "told to clients of 5.0 that ask: the topic under which they may take responses"),
        };
    }
}
