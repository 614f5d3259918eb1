using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>A record of a queue as the message that it is: slices of the record.</summary>
internal readonly ref struct OutgoingMessage
{
    private static ReadOnlySpan<byte> NoProperties => [0, 0];

    public DeliveryId Delivery { get; init; }

    public bool IsRedelivered { get; init; }

    public ReadOnlySpan<byte> Exchange { get; init; }

    public ReadOnlySpan<byte> RoutingKey { get; init; }

    public ReadOnlySpan<byte> Properties { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <param name="countsDeliveries">The client is told how often it failed before, as quorum queues do.</param>
    public static OutgoingMessage Read(in Record record, DeliveryId delivery, bool countsDeliveries)
    {
        if (!record.Headers.TryGet(RecordHeaderNames.Amqp, out var value) || !AmqpEnvelope.TryRead(value, out var envelope))
            envelope = new AmqpEnvelope { Properties = NoProperties };
        var isRedelivered = delivery.DeliveryCount > 1;
        return new OutgoingMessage
        {
            Delivery = delivery,
            IsRedelivered = isRedelivered,
            Exchange = envelope.Exchange,
            RoutingKey = envelope.RoutingKey,
            Properties = countsDeliveries && isRedelivered ? PropertyChanges.WithHeader(envelope.Properties, "x-delivery-count", delivery.DeliveryCount - 1) : envelope.Properties,
            Body = record.Value,
        };
    }

    public void WriteDelivery(Outbound outbound, ushort channel, ReadOnlySpan<byte> consumerTag, ulong tag) => outbound.WriteContent(
        channel,
        new BasicDeliver { ConsumerTag = consumerTag, DeliveryTag = tag, Redelivered = IsRedelivered, Exchange = Exchange, RoutingKey = RoutingKey },
        Properties,
        Body);

    public void WriteGetOk(Outbound outbound, ushort channel, ulong tag, uint messagesBehind) => outbound.WriteContent(
        channel,
        new BasicGetOk { DeliveryTag = tag, Redelivered = IsRedelivered, Exchange = Exchange, RoutingKey = RoutingKey, MessageCount = messagesBehind },
        Properties,
        Body);
}
