using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class BasicQosHandler : MethodHandler<BasicQos>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in BasicQos method)
    {
        if (method.PrefetchSize != 0)
            throw AmqpException.Unserved($"prefetch_size!=0 ({method.PrefetchSize})");
        if (method.Global)
            channel.SetGlobalPrefetch(method.PrefetchCount);
        else
            channel.Prefetch = method.PrefetchCount;
        session.Connection.Outbound.WriteMethod(channel.Number, default(BasicQosOk));
        return null;
    }
}
