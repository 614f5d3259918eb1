using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class QueueBindHandler(AmqpGatewayState gateway) : MethodHandler<QueueBind>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in QueueBind method)
    {
        var queue = Existing.QueueName(channel, method.Queue);
        var key = method.Queue.IsEmpty && method.RoutingKey.IsEmpty ? Encoding.UTF8.GetBytes(queue) : method.RoutingKey.ToArray();
        var spec = new BindingSpec(Encoding.UTF8.GetString(method.Exchange), queue, ToQueue: true, key, ArgumentTable.Read(method.Arguments));
        return BindAsync(session, channel, spec, method.NoWait);
    }

    private async Task BindAsync(AmqpSession session, AmqpChannel channel, BindingSpec spec, bool noWait)
    {
        var connection = session.Connection;
        var queue = await Existing.QueueAsync(connection, spec.Destination).ConfigureAwait(false);
        if (spec.Source.Length == 0)
            throw AmqpException.Refused("operation not permitted on the default exchange");
        var source = await Existing.ExchangeAsync(connection, spec.Source).ConfigureAwait(false);
        AmqpAccess.CheckBinding(connection, source, spec.RoutingKey);
        BindingRules.Check(source, spec);
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        await gateway.Queues.BindAsync(connection.Vhost!, spec, source, queue).ConfigureAwait(false);
        if (source.IsShared)
            await gateway.SyncInterestAsync().ConfigureAwait(false);
        if (!noWait)
            connection.Outbound.WriteMethod(channel.Number, default(QueueBindOk));
    }
}
