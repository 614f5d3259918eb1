using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class QueueDeleteHandler(AmqpGatewayState gateway) : MethodHandler<QueueDelete>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in QueueDelete method) =>
        DeleteAsync(session, channel, Existing.QueueName(channel, method.Queue), method.IfUnused, method.IfEmpty, method.NoWait);

    private async Task DeleteAsync(AmqpSession session, AmqpChannel channel, string name, bool ifUnused, bool ifEmpty, bool noWait)
    {
        channel.HoldLosses();
        try
        {
            var messages = await DeleteAsync(session, channel, name, ifUnused, ifEmpty).ConfigureAwait(false);
            if (!noWait)
                session.Connection.Outbound.WriteMethod(channel.Number, new QueueDeleteOk { MessageCount = (uint)messages });
        }
        finally
        {
            channel.TellLosses();
        }
    }

    /// <returns>Messages that were in it.</returns>
    private async ValueTask<long> DeleteAsync(AmqpSession session, AmqpChannel channel, string name, bool ifUnused, bool ifEmpty)
    {
        var connection = session.Connection;
        var vhost = connection.Vhost!;
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        var messages = 0L;
        if (await Existing.FindQueueAsync(connection, name).ConfigureAwait(false) is { } queue)
        {
            if (channel.FindGetter(name) is { } getter)
            {
                channel.Remove(getter);
                await getter.DisposeAsync().ConfigureAwait(false);
            }
            var removal = await gateway.Queues.DeleteQueueAsync(vhost, queue, ifUnused, ifEmpty).ConfigureAwait(false);
            messages = removal.Error switch
            {
                ErrorCode.None => removal.Records,
                ErrorCode.LeaseHeld => throw AmqpException.Precondition($"queue '{name}' in vhost '{vhost.Name}' in use"),
                ErrorCode.LimitExceeded => throw AmqpException.Precondition($"queue '{name}' in vhost '{vhost.Name}' not empty"),
                _ => throw AmqpException.Storage(removal.Error),
            };
            connection.ExclusiveQueues.Remove(name);
        }
        return messages;
    }
}
