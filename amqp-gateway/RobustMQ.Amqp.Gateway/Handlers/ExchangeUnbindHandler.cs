using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class ExchangeUnbindHandler(AmqpGatewayState gateway) : MethodHandler<ExchangeUnbind>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in ExchangeUnbind method)
    {
        var spec = new BindingSpec(
            Encoding.UTF8.GetString(method.Source), Encoding.UTF8.GetString(method.Destination), ToQueue: false, method.RoutingKey.ToArray(), ArgumentTable.Read(method.Arguments));
        return UnbindAsync(session, channel, spec, method.NoWait);
    }

    private async Task UnbindAsync(AmqpSession session, AmqpChannel channel, BindingSpec spec, bool noWait)
    {
        var connection = session.Connection;
        AmqpAccess.CheckExchange(connection, spec.Destination);
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        await connection.Vhost!.SyncAsync().ConfigureAwait(false);
        if (connection.Vhost.Topology.TryGetBinding(spec, out var binding))
            await gateway.Queues.UnbindAsync(connection.Vhost, binding).ConfigureAwait(false);
        if (!noWait)
            connection.Outbound.WriteMethod(channel.Number, default(ExchangeUnbindOk));
    }
}
