using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Listeners;

namespace RobustMQ.Amqp.Gateway;

/// <summary>Every setting of the AMQP gateway. The defaults are RabbitMQ's where it has them.</summary>
public sealed record AmqpOptions
{
    public required ListenerOptions Listener { get; init; }

    /// <summary>A second port, for TLS beside clear text. Null: none.</summary>
    public required ListenerOptions? SecureListener { get; init; }

    public required int ConnectionsMax { get; init; }

    public required int ChannelsMax { get; init; }

    public required int FrameBytesMax { get; init; }

    /// <summary>Seconds; 0: none.</summary>
    public required int HeartbeatSeconds { get; init; }

    public required int MessageBytesMax { get; init; }

    public required long PendingBytesMax { get; init; }

    /// <summary>Of persistent messages outside transactions; a commit is always on the device when it is answered.</summary>
    public required ConfirmDurability ConfirmDurability { get; init; }

    /// <summary>Published bytes on their way to the storage-node, of all clients together, before publishers have to wait: some tens of milliseconds of a busy link.</summary>
    public required long InFlightBytesMax { get; init; }

    public required TimeSpan HandshakeTimeout { get; init; }

    /// <summary>Messages on the way to a consumer without a prefetch limit.</summary>
    public required int DeliveryWindow { get; init; }

    public required int TransactionMessagesMax { get; init; }

    public required long TransactionBytesMax { get; init; }

    public required TimeSpan LeaseTtl { get; init; }

    public static AmqpOptions Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var secure = ListenerOptions.ReadOptional(settings, "amqp:secure", 5671);
        if (secure is { Tls: null })
            settings.Refuse("amqp:secure:tls:certificate", "is needed: the secure port speaks TLS");
        return new AmqpOptions
        {
            Listener = ListenerOptions.Read(settings, "amqp", 5672),
            SecureListener = secure,
            ConnectionsMax = settings.Number("amqp:max_connections", 65_536, 1, 1_000_000, "open client connections"),
            ChannelsMax = settings.Number("amqp:max_channels", 2047, 1, 65_535, "channels of one connection; clients are told"),
            FrameBytesMax = (int)settings.Bytes("amqp:max_frame", 128 << 10, 8 << 10, 8 << 20, "one frame; clients are told"),
            HeartbeatSeconds = settings.Number("amqp:heartbeat", 60, 0, 65_535, "seconds between signs of life that clients are asked for; 0 asks for none"),
            MessageBytesMax = (int)settings.Bytes("amqp:max_message", 7 << 20, 1 << 10, 7 << 20, "the body of one message; the storage-node's largest batch bounds it"),
            PendingBytesMax = settings.Bytes("amqp:max_pending", 1 << 20, 64 << 10, 1L << 32, "bytes that may wait for one client's socket before its consumers pause"),
            InFlightBytesMax = settings.Bytes("amqp:max_in_flight", 32 << 20, 64 << 10, 1L << 32, "published bytes that the storage-node has not stored yet before publishers are held back"),
            ConfirmDurability = settings.Choice(
                "amqp:confirm_durability", ConfirmDurability.Durable, "what has happened to a persistent message when it is confirmed: on the device, or handed to the operating system"),
            HandshakeTimeout = settings.Duration(
                "amqp:handshake_timeout", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10), "from the accept to an open connection"),
            DeliveryWindow = settings.Number("amqp:delivery_window", 2000, 1, 1_000_000, "messages on the way to a consumer that set no prefetch"),
            TransactionMessagesMax = settings.Number("amqp:max_transaction", 100_000, 1, 10_000_000, "messages published within one transaction"),
            TransactionBytesMax = settings.Bytes("amqp:max_transaction_bytes", 64 << 20, 64 << 10, 1L << 32, "bytes published within one transaction, which the gateway keeps until the commit"),
            LeaseTtl = settings.Duration(
                "amqp:lease", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(5), "silence after which the other gateways take a gateway, and its exclusive queues, for dead"),
        };
    }
}
