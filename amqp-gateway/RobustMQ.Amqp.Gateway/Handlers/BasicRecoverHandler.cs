using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Everything that is unanswered goes back to its queue.</summary>
internal sealed class BasicRecoverHandler : MethodHandler<BasicRecover>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicRecover method)
    {
        if (!method.Requeue)
            throw AmqpException.Unserved("requeue=false");
        channel.Answer(0, isMultiple: true, AckKind.Return);
        session.Connection.Outbound.WriteMethod(channel.Number, default(BasicRecoverOk));
        return null;
    }
}
