using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class ConfirmSelectHandler : MethodHandler<ConfirmSelect>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in ConfirmSelect method)
    {
        if (channel.Transaction is not null)
            throw AmqpException.Precondition("cannot switch from tx to confirm mode");
        channel.Confirms ??= new ConfirmWindow(channel.Number, session.Connection.Outbound);
        if (!method.NoWait)
            session.Connection.Outbound.WriteMethod(channel.Number, default(ConfirmSelectOk));
        return null;
    }
}
