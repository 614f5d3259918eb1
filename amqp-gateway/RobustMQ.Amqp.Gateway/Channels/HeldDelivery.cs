using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Channels;

/// <summary>A copy of a delivery that waits for the channel's common limit.</summary>
internal sealed class HeldDelivery(IQueueConsumer consumer, scoped in OutgoingMessage message, int generation)
{
    private readonly DeliveryId _delivery = message.Delivery;
    private readonly bool _isRedelivered = message.IsRedelivered;
    private readonly byte[] _exchange = message.Exchange.ToArray();
    private readonly byte[] _routingKey = message.RoutingKey.ToArray();
    private readonly byte[] _properties = message.Properties.ToArray();
    private readonly byte[] _body = message.Body.ToArray();

    public IQueueConsumer Consumer { get; } = consumer;

    public int Generation { get; } = generation;

    public OutgoingMessage Message => new()
    {
        Delivery = _delivery,
        IsRedelivered = _isRedelivered,
        Exchange = _exchange,
        RoutingKey = _routingKey,
        Properties = _properties,
        Body = _body,
    };
}
