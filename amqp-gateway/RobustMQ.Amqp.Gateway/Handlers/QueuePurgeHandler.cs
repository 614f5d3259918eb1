using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class QueuePurgeHandler(AmqpGatewayState gateway) : MethodHandler<QueuePurge>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in QueuePurge method) =>
        PurgeAsync(session, channel, Existing.QueueName(channel, method.Queue), method.NoWait);

    private async Task PurgeAsync(AmqpSession session, AmqpChannel channel, string name, bool noWait)
    {
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        var queue = await Existing.QueueAsync(session.Connection, name).ConfigureAwait(false);
        if (queue.Spec.Policy.IsStream)
            throw AmqpException.Unserved($"queue.purge not supported by stream queues queue '{name}' in vhost '{session.Connection.Vhost!.Name}'");
        var removal = await gateway.Storage.Consumers.PurgeAsync(queue.Consumer).ConfigureAwait(false);
        if (!removal.Succeeded)
            throw AmqpException.Storage(removal.Error);
        if (!noWait)
            session.Connection.Outbound.WriteMethod(channel.Number, new QueuePurgeOk { MessageCount = (uint)removal.Records });
    }
}
