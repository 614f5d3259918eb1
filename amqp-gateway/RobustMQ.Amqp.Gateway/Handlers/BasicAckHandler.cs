using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>The client is done with deliveries.</summary>
internal sealed class BasicAckHandler : MethodHandler<BasicAck>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicAck method)
    {
        Answers.Give(channel, method.DeliveryTag, method.Multiple, AckKind.Acknowledge);
        return null;
    }
}
