using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class TxSelectHandler(AmqpGatewayState gateway) : MethodHandler<TxSelect>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in TxSelect method)
    {
        if (channel.Confirms is not null)
            throw AmqpException.Precondition("cannot switch from confirm to tx mode");
        channel.Transaction ??= new Transaction(gateway.Options.TransactionMessagesMax, gateway.Options.TransactionBytesMax);
        session.Connection.Outbound.WriteMethod(channel.Number, default(TxSelectOk));
        return null;
    }
}
