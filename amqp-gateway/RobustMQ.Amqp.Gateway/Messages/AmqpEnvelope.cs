using RobustMQ.Amqp.Protocol;

namespace RobustMQ.Amqp.Gateway.Messages;

/// <summary>
/// What AMQP says about a message besides its body, as the record header <c>rmq-amqp</c> keeps it, byte for byte as it was published:
/// <c>exchange shortstr | routing key shortstr | property flags and properties</c>.
/// </summary>
internal readonly ref struct AmqpEnvelope
{
    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public ReadOnlySpan<byte> Properties { get; init; }

    public int Size => 2 + Exchange.Length + RoutingKey.Length + Properties.Length;

    public void Write(Span<byte> target)
    {
        var writer = new AmqpWriter(target);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteBytes(Properties);
    }

    public static bool TryRead(ReadOnlySpan<byte> value, out AmqpEnvelope envelope)
    {
        var reader = new AmqpReader(value);
        envelope = new AmqpEnvelope { Exchange = reader.ReadShortString(), RoutingKey = reader.ReadShortString(), Properties = reader.Rest };
        return !reader.IsMalformed && envelope.Properties.Length >= sizeof(ushort);
    }
}
