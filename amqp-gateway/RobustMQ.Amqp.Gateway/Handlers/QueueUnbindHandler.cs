using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class QueueUnbindHandler(AmqpGatewayState gateway) : MethodHandler<QueueUnbind>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in QueueUnbind method)
    {
        var queue = Existing.QueueName(channel, method.Queue);
        var key = method.Queue.IsEmpty && method.RoutingKey.IsEmpty ? Encoding.UTF8.GetBytes(queue) : method.RoutingKey.ToArray();
        return UnbindAsync(session, channel, new BindingSpec(Encoding.UTF8.GetString(method.Exchange), queue, ToQueue: true, key, ArgumentTable.Read(method.Arguments)));
    }

    private async Task UnbindAsync(AmqpSession session, AmqpChannel channel, BindingSpec spec)
    {
        var connection = session.Connection;
        if (spec.Source.Length == 0)
            throw AmqpException.Refused("operation not permitted on the default exchange");
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        await connection.Vhost!.SyncAsync().ConfigureAwait(false);
        await Existing.FindQueueAsync(connection, spec.Destination).ConfigureAwait(false);
        if (connection.Vhost.Topology.TryGetBinding(spec, out var binding))
            await gateway.Queues.UnbindAsync(connection.Vhost, binding).ConfigureAwait(false);
        connection.Outbound.WriteMethod(channel.Number, default(QueueUnbindOk));
    }
}
