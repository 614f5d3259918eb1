using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Clients may not stop the server's flow; they set a prefetch limit.</summary>
internal sealed class ChannelFlowHandler : MethodHandler<ChannelFlow>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in ChannelFlow method)
    {
        if (!method.Active)
            throw AmqpException.Unserved("active=false");
        session.Connection.Outbound.WriteMethod(channel.Number, new ChannelFlowOk { Active = true });
        return null;
    }
}
