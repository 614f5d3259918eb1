using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>The client does not take deliveries: they go back to their queue, or are given up.</summary>
internal sealed class BasicNackHandler : MethodHandler<BasicNack>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicNack method)
    {
        Answers.Give(channel, method.DeliveryTag, method.Multiple, method.Requeue ? AckKind.Return : AckKind.Terminate);
        return null;
    }
}
