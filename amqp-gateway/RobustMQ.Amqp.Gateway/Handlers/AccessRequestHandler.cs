using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>A leftover of earlier versions, which some clients still send: permissions are checked where things are done.</summary>
internal sealed class AccessRequestHandler : MethodHandler<AccessRequest>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in AccessRequest method)
    {
        session.Connection.Outbound.WriteMethod(channel.Number, new AccessRequestOk { Ticket = 1 });
        return null;
    }
}
