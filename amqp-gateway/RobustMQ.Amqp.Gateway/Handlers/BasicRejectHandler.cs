using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>The client does not take a delivery: it goes back to its queue, or is given up.</summary>
internal sealed class BasicRejectHandler : MethodHandler<BasicReject>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicReject method)
    {
        Answers.Give(channel, method.DeliveryTag, isMultiple: false, method.Requeue ? AckKind.Return : AckKind.Terminate);
        return null;
    }
}
