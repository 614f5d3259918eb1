namespace RobustMQ.Records;

/// <summary>Record headers that carry what a protocol says beyond key and value. Reserved names start with <c>rmq-</c>; a header is written only where its value is present.</summary>
public static class RecordHeaderNames
{
    public static ReadOnlySpan<byte> ReservedPrefix => "rmq-"u8;

    /// <summary>Subject that replies go to (NATS reply, MQTT response topic, AMQP reply-to), UTF-8.</summary>
    public static ReadOnlySpan<byte> ReplyTo => "rmq-reply-to"u8;

    /// <summary>Unix milliseconds after which the record is not delivered, decimal text.</summary>
    public static ReadOnlySpan<byte> ExpiresAt => "rmq-expires-at"u8;

    /// <summary>Priority lane, decimal text, 0 (lowest) to 255.</summary>
    public static ReadOnlySpan<byte> Priority => "rmq-priority"u8;

    /// <summary>Media type of the value, UTF-8.</summary>
    public static ReadOnlySpan<byte> ContentType => "rmq-content-type"u8;

    /// <summary>Correlation data, any bytes.</summary>
    public static ReadOnlySpan<byte> CorrelationId => "rmq-correlation-id"u8;

    /// <summary>Unix milliseconds before which the record is not delivered, decimal text.</summary>
    public static ReadOnlySpan<byte> DelayUntil => "rmq-delay-until"u8;

    /// <summary>A NATS header block, byte for byte, where it cannot be rebuilt from record headers (status line, unusual spacing).</summary>
    public static ReadOnlySpan<byte> NatsHeaderBlock => "rmq-nats-headers"u8;

    /// <summary>The value is UTF-8 text (MQTT payload format indicator 1): <c>1</c>.</summary>
    public static ReadOnlySpan<byte> PayloadIsText => "rmq-payload-is-text"u8;

    /// <summary>QoS of an MQTT publisher, <c>1</c> or <c>2</c>; absent: 0, or no MQTT publisher.</summary>
    public static ReadOnlySpan<byte> MqttQos => "rmq-mqtt-qos"u8;

    /// <summary>An MQTT publisher asked for the message to be retained: <c>1</c>.</summary>
    public static ReadOnlySpan<byte> MqttRetain => "rmq-mqtt-retain"u8;

    /// <summary>Client identifier of an MQTT publisher that wants nothing back of what it publishes (no local), UTF-8.</summary>
    public static ReadOnlySpan<byte> MqttClient => "rmq-mqtt-client"u8;

    /// <summary>An MQTT user property whose name is a reserved one: <c>length of the name, 2 bytes, most significant first | name | value</c>.</summary>
    public static ReadOnlySpan<byte> MqttUserProperty => "rmq-mqtt-user-property"u8;

    /// <summary>What AMQP says about a message: <c>exchange shortstr | routing key shortstr | property flags and properties</c>, byte for byte as it was published.</summary>
    public static ReadOnlySpan<byte> Amqp => "rmq-amqp"u8;

    /// <summary>Why a consumer gave a record up: <c>rejected</c>, <c>deliveries</c>, <c>expired</c> or <c>backlog</c>. This and the other <c>rmq-dead-</c> headers come together, once for each time it died.</summary>
    public static ReadOnlySpan<byte> DeadReason => "rmq-dead-reason"u8;

    /// <summary>Name of the consumer that gave it up, UTF-8.</summary>
    public static ReadOnlySpan<byte> DeadConsumer => "rmq-dead-consumer"u8;

    /// <summary>How often that consumer had delivered it, decimal text.</summary>
    public static ReadOnlySpan<byte> DeadDeliveries => "rmq-dead-deliveries"u8;

    /// <summary>Where it was: <c>topic/partition/offset</c>.</summary>
    public static ReadOnlySpan<byte> DeadSource => "rmq-dead-source"u8;

    /// <summary>Its subject there.</summary>
    public static ReadOnlySpan<byte> DeadSubject => "rmq-dead-subject"u8;

    /// <summary>When it died, Unix milliseconds, decimal text.</summary>
    public static ReadOnlySpan<byte> DeadAt => "rmq-dead-at"u8;
}
