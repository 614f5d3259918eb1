using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>What a queue does with messages beyond keeping them: its arguments, checked.</summary>
internal sealed record QueuePolicy
{
    /// <summary>Null: messages live as long as their own expiration says.</summary>
    public long? MessageTtlMs { get; init; }

    /// <summary>The queue goes when it was unused for this long. 0: never.</summary>
    public long ExpiresMs { get; init; }

    /// <summary>Null: no limit.</summary>
    public long? MaxLength { get; init; }

    public long? MaxLengthBytes { get; init; }

    public QueueOverflow Overflow { get; init; }

    public string? DeadLetterExchange { get; init; }

    /// <summary>Null: a message keeps its own.</summary>
    public string? DeadLetterRoutingKey { get; init; }

    /// <summary>0: no priorities.</summary>
    public int MaxPriority { get; init; }

    public bool SingleActiveConsumer { get; init; }

    /// <summary>Redeliveries after which a message is given up. Null: no limit.</summary>
    public int? DeliveryLimit { get; init; }

    public QueueKind Kind { get; init; }

    /// <summary>Clients are told how often a message was delivered.</summary>
    public bool IsQuorum => Kind == QueueKind.Quorum;

    /// <summary>A log that consumers read from where they like, and that their answers do not change.</summary>
    public bool IsStream => Kind == QueueKind.Stream;

    /// <summary>Of a stream: how long messages are kept. 0: no limit.</summary>
    public long MaxAgeMs { get; init; }

    /// <summary>Reads arguments as RabbitMQ does: what it does not know is kept and means nothing.</summary>
    /// <param name="where"><c>queue 'q' in vhost '/'</c>, for errors.</param>
    /// <exception cref="AmqpException">A value cannot be.</exception>
    public static QueuePolicy Read(ArgumentTable arguments, string where, bool durable, bool exclusive, bool autoDelete)
    {
        var kind = ReadKind(arguments, where, durable, exclusive, autoDelete);
        foreach (var foreign in kind == QueueKind.Stream ? NotForStreams : OnlyForStreams)
        {
            if (arguments.TryFind(foreign, out _))
                throw AmqpException.Precondition($"invalid arg '{foreign}' for {where} of queue type rabbit_{kind.ToString().ToLowerInvariant()}_queue");
        }
        var policy = new QueuePolicy
        {
            Kind = kind,
            MaxAgeMs = ReadMaxAge(arguments, where),
            MessageTtlMs = Number(arguments, "x-message-ttl", where),
            ExpiresMs = Number(arguments, "x-expires", where, min: 1) ?? 0,
            MaxLength = Number(arguments, "x-max-length", where),
            MaxLengthBytes = Number(arguments, "x-max-length-bytes", where),
            Overflow = ReadOverflow(arguments, where),
            DeadLetterExchange = Text(arguments, "x-dead-letter-exchange", where),
            DeadLetterRoutingKey = Text(arguments, "x-dead-letter-routing-key", where),
            MaxPriority = (int)(Number(arguments, "x-max-priority", where, max: 255) ?? 0),
            SingleActiveConsumer = Flag(arguments, "x-single-active-consumer", where),
            DeliveryLimit = (int?)Number(arguments, "x-delivery-limit", where) ?? (kind == QueueKind.Quorum ? QuorumDeliveryLimit : null),
        };
        if (policy is { DeadLetterRoutingKey: not null, DeadLetterExchange: null })
            throw Wrong("x-dead-letter-routing-key", where, "routing_key_but_no_dlx_defined");
        return policy;
    }

    /// <summary>RabbitMQ's default for quorum queues since version 4.</summary>
    private const int QuorumDeliveryLimit = 20;

    /// <summary>They speak of messages that are taken out, which a stream's never are.</summary>
    private static readonly string[] NotForStreams =
    [
        "x-message-ttl", "x-expires", "x-max-length", "x-overflow", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-priority", "x-single-active-consumer", "x-delivery-limit",
    ];

    private static readonly string[] OnlyForStreams = ["x-max-age"];

    private static QueueKind ReadKind(ArgumentTable arguments, string where, bool durable, bool exclusive, bool autoDelete)
    {
        var kind = Text(arguments, "x-queue-type", where) switch
        {
            null or "classic" => QueueKind.Classic,
            "quorum" => QueueKind.Quorum,
            "stream" => QueueKind.Stream,
            var other => throw Wrong("x-queue-type", where, $"\"unsupported queue type '{other}'\""),
        };
        if (kind != QueueKind.Classic && !durable)
            throw AmqpException.Precondition($"invalid property 'non-durable' for {where}");
        if (kind != QueueKind.Classic && exclusive)
            throw AmqpException.Precondition($"invalid property 'exclusive-owner' for {where}");
        if (kind == QueueKind.Stream && autoDelete)
            throw AmqpException.Precondition($"invalid property 'auto-delete' for {where}");
        return kind;
    }

    private static long ReadMaxAge(ArgumentTable arguments, string where)
    {
        if (Text(arguments, "x-max-age", where) is not { } text)
            return 0;
        return StreamInterval.TryParse(text, out var interval) ? (long)interval.TotalMilliseconds : throw Wrong("x-max-age", where, "invalid_max_age");
    }

    private static QueueOverflow ReadOverflow(ArgumentTable arguments, string where) => Text(arguments, "x-overflow", where) switch
    {
        null or "drop-head" => QueueOverflow.DropHead,
        "reject-publish" => QueueOverflow.RejectPublish,
        "reject-publish-dlx" => QueueOverflow.RejectPublishDeadLetter,
        _ => throw Wrong("x-overflow", where, "invalid_overflow"),
    };

    private static long? Number(ArgumentTable arguments, string name, string where, long min = 0, long max = uint.MaxValue)
    {
        if (!arguments.TryFind(name, out var value))
            return null;
        if (!value.IsInteger)
            throw Wrong(name, where, $"\"expected integer, got {ArgumentTable.TypeName(value.Type)}\"");
        if (value.Integer < min)
            throw Wrong(name, where, value.Integer < 0 ? $"{{value_negative,{value.Integer}}}" : $"{{value_zero,{value.Integer}}}");
        return value.Integer <= max ? value.Integer : throw Wrong(name, where, $"{{max_value_exceeded,{value.Integer}}}");
    }

    private static string? Text(ArgumentTable arguments, string name, string where)
    {
        if (!arguments.TryFind(name, out var value))
            return null;
        return value.Type == FieldType.LongString ? arguments.Text(name) : throw Wrong(name, where, $"{{unacceptable_type,{ArgumentTable.TypeName(value.Type)}}}");
    }

    private static bool Flag(ArgumentTable arguments, string name, string where)
    {
        if (!arguments.TryFind(name, out var value))
            return false;
        return value.Type == FieldType.Boolean ? value.Integer != 0 : throw Wrong(name, where, $"{{unacceptable_type,{ArgumentTable.TypeName(value.Type)}}}");
    }

    private static AmqpException Wrong(string name, string where, string why) => AmqpException.Precondition($"invalid arg '{name}' for {where}: {why}");
}

internal enum QueueKind
{
    Classic,
    Quorum,
    Stream,
}

/// <summary>What a full queue does with the next message.</summary>
internal enum QueueOverflow
{
    /// <summary>The oldest one goes.</summary>
    DropHead,

    /// <summary>The new one is refused.</summary>
    RejectPublish,

    /// <summary>The new one is refused, and goes to the dead-letter exchange.</summary>
    RejectPublishDeadLetter,
}
