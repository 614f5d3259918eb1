using System.Buffers.Text;
using System.Text;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.DeadLetters;

/// <summary>A message that a queue gave up, copied out of its record.</summary>
internal sealed record DeadMessage
{
    public required DeliveryId Delivery { get; init; }

    public required string Queue { get; init; }

    /// <summary>In RabbitMQ's words.</summary>
    public required string Reason { get; init; }

    public required long DiedAtMs { get; init; }

    public required byte[] Exchange { get; init; }

    public required byte[] RoutingKey { get; init; }

    public required byte[] Properties { get; init; }

    public required byte[] Body { get; init; }

    /// <returns>Null where the record is none of ours.</returns>
    public static DeadMessage? Read(in Record record, DeliveryId delivery)
    {
        if (!record.Headers.TryGet(RecordHeaderNames.Amqp, out var value) || !AmqpEnvelope.TryRead(value, out var envelope)
            || !record.Headers.TryGet(RecordHeaderNames.DeadConsumer, out var consumer) || !record.Headers.TryGet(RecordHeaderNames.DeadReason, out var reason))
            return null;
        var name = Encoding.UTF8.GetString(consumer);
        if (!name.StartsWith(Topology.Queue.ConsumerPrefix, StringComparison.Ordinal))
            return null;
        var diedAt = record.Headers.TryGet(RecordHeaderNames.DeadAt, out var at) && Utf8Parser.TryParse(at, out long number, out _) ? number : record.TimestampMs;
        return new DeadMessage
        {
            Delivery = delivery,
            Queue = name[Topology.Queue.ConsumerPrefix.Length..],
            Reason = ReasonOf(reason),
            DiedAtMs = diedAt,
            Exchange = envelope.Exchange.ToArray(),
            RoutingKey = envelope.RoutingKey.ToArray(),
            Properties = envelope.Properties.ToArray(),
            Body = record.Value.ToArray(),
        };
    }

    private static string ReasonOf(ReadOnlySpan<byte> reason) => Encoding.ASCII.GetString(reason) switch
    {
        "deliveries" => "delivery_limit",
        "backlog" => "maxlen",
        var other => other,
    };
}
