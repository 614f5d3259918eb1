using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Forgets what the transaction published and answered; what was delivered stays unanswered.</summary>
internal sealed class TxRollbackHandler : MethodHandler<TxRollback>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in TxRollback method)
    {
        var transaction = channel.Transaction ?? throw AmqpException.Precondition("channel is not transactional");
        transaction.Clear();
        session.Connection.Outbound.WriteMethod(channel.Number, default(TxRollbackOk));
        return null;
    }
}
