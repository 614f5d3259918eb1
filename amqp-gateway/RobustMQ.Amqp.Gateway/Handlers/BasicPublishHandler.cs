using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>The beginning of a message, which goes when its content is whole.</summary>
internal sealed class BasicPublishHandler : IMethodHandler
{
    public MethodId Method => MethodId.BasicPublish;

    public Task? Run(AmqpSession session, AmqpChannel channel, ReadOnlySpan<byte> arguments)
    {
        if (!BasicPublish.TryRead(arguments, out var method))
            throw new AmqpException(ReplyCode.FrameError, "cannot decode the arguments of basic.publish");
        if (method.Immediate)
            throw AmqpException.Unserved("immediate=true");
        channel.Content.Begin(session.Publisher.AddressOf(arguments), method.Mandatory);
        return null;
    }
}
