using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Topology;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>Where one message goes: the queues, and the records that bring it to them. Unchanging; sessions keep the routes that they use.</summary>
internal sealed class MessageRoute(Queue[] queues, PublishTarget[] targets, bool dependsOnHeaders, bool isShared)
{
    public static MessageRoute Nowhere { get; } = new([], [], false, false);

    public IReadOnlyList<Queue> Queues => queues;

    /// <summary>One record each.</summary>
    public ReadOnlySpan<PublishTarget> Targets => targets;

    public bool IsUnroutable => queues.Length == 0;

    /// <summary>It passes the exchange that meets the other protocols' subjects.</summary>
    public bool IsShared => isShared;

    /// <summary>Another message with the same exchange and key may go elsewhere.</summary>
    public bool DependsOnHeaders => dependsOnHeaders;
}
