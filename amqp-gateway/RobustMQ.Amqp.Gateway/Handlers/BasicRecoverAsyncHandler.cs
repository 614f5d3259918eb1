using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>As <see cref="BasicRecoverHandler"/>, without an answer.</summary>
internal sealed class BasicRecoverAsyncHandler : MethodHandler<BasicRecoverAsync>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicRecoverAsync method)
    {
        if (!method.Requeue)
            throw AmqpException.Unserved("requeue=false");
        channel.Answer(0, isMultiple: true, AckKind.Return);
        return null;
    }
}
