using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class ExchangeBindHandler(AmqpGatewayState gateway) : MethodHandler<ExchangeBind>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in ExchangeBind method)
    {
        var spec = new BindingSpec(
            Encoding.UTF8.GetString(method.Source), Encoding.UTF8.GetString(method.Destination), ToQueue: false, method.RoutingKey.ToArray(), ArgumentTable.Read(method.Arguments));
        return BindAsync(session, channel, spec, method.NoWait);
    }

    private async Task BindAsync(AmqpSession session, AmqpChannel channel, BindingSpec spec, bool noWait)
    {
        if (spec.Source.Length == 0 || spec.Destination.Length == 0)
            throw AmqpException.Refused("operation not permitted on the default exchange");
        var connection = session.Connection;
        AmqpAccess.CheckExchange(connection, spec.Destination);
        var destination = await Existing.ExchangeAsync(connection, spec.Destination).ConfigureAwait(false);
        var source = await Existing.ExchangeAsync(connection, spec.Source).ConfigureAwait(false);
        AmqpAccess.CheckBinding(connection, source, spec.RoutingKey);
        BindingRules.Check(source, spec);
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        await gateway.Queues.BindAsync(connection.Vhost!, spec, source, destination).ConfigureAwait(false);
        if (source.IsShared)
            await gateway.SyncInterestAsync().ConfigureAwait(false);
        if (!noWait)
            connection.Outbound.WriteMethod(channel.Number, default(ExchangeBindOk));
    }
}
