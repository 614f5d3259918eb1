using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class ExchangeDeleteHandler(AmqpGatewayState gateway) : MethodHandler<ExchangeDelete>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in ExchangeDelete method) =>
        DeleteAsync(session, channel, Encoding.UTF8.GetString(method.Exchange), method.IfUnused, method.NoWait);

    private async Task DeleteAsync(AmqpSession session, AmqpChannel channel, string name, bool ifUnused, bool noWait)
    {
        var connection = session.Connection;
        var vhost = connection.Vhost!;
        if (name.Length == 0)
            throw AmqpException.Refused("operation not permitted on the default exchange");
        AmqpAccess.CheckExchange(connection, name);
        if (VhostTopology.IsPredeclared(name))
            throw AmqpException.Refused($"deletion of system exchange '{name}' in vhost '{vhost.Name}' not allowed");
        // What was published before is routed before.
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        await vhost.SyncAsync().ConfigureAwait(false);
        if (vhost.Topology.TryGetExchange(name, out var exchange))
        {
            if (ifUnused && vhost.Topology.OutgoingOf(exchange).Count > 0)
                throw AmqpException.Precondition($"exchange '{name}' in vhost '{vhost.Name}' in use");
            await gateway.Queues.DeleteExchangeAsync(vhost, exchange).ConfigureAwait(false);
        }
        if (!noWait)
            connection.Outbound.WriteMethod(channel.Number, default(ExchangeDeleteOk));
    }
}
