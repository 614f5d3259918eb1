using RobustMQ.Amqp.Gateway.Routing;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>An exchange and a routing key that a connection publishes with, and where that leads for now. The session's thread only.</summary>
internal sealed class PublishAddress(byte[] exchange, byte[] routingKey, bool isAllowed)
{
    public byte[] Exchange { get; } = exchange;

    public byte[] RoutingKey { get; } = routingKey;

    /// <summary>Whether the user may publish there. What was allowed is for as long as the connection lasts; what was not may be by now.</summary>
    public bool IsAllowed { get; set; } = isAllowed;

    /// <summary>Of the topology's generation <see cref="Generation"/>; null: not looked up, or it depends on the message.</summary>
    public MessageRoute? Route { get; set; }

    public long Generation { get; set; } = -1;

    /// <summary>When what leads nowhere was looked up at the source last.</summary>
    public long CheckedAt { get; set; }
}
