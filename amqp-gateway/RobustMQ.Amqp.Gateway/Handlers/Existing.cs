using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Finds what a method names. What this gateway has not heard of is looked up once more before it is told to be missing.</summary>
internal static class Existing
{
    public static async ValueTask<Exchange> ExchangeAsync(AmqpConnection connection, string name)
    {
        var vhost = connection.Vhost!;
        if (vhost.Topology.TryGetExchange(name, out var exchange))
            return exchange;
        await vhost.SyncAsync().ConfigureAwait(false);
        return vhost.Topology.TryGetExchange(name, out exchange) ? exchange : throw AmqpException.NoExchange(name, vhost.Name);
    }

    /// <summary>A queue that this connection may use.</summary>
    public static async ValueTask<Queue> QueueAsync(AmqpConnection connection, string name) =>
        await FindQueueAsync(connection, name).ConfigureAwait(false) ?? throw AmqpException.NoQueue(name, connection.Vhost!.Name);

    /// <summary>As <see cref="QueueAsync"/>; null where there is none.</summary>
    public static async ValueTask<Queue?> FindQueueAsync(AmqpConnection connection, string name)
    {
        AmqpAccess.CheckQueue(connection, name);
        var vhost = connection.Vhost!;
        if (!vhost.Topology.TryGetQueue(name, out var queue))
        {
            await vhost.SyncAsync().ConfigureAwait(false);
            if (!vhost.Topology.TryGetQueue(name, out queue))
                return null;
        }
        if (queue.Spec.Owner is { } owner && owner != connection.Owner)
            throw AmqpException.Locked(name, vhost.Name);
        return queue;
    }

    /// <summary>What a method's queue name means: an empty one is the queue that the channel declared last.</summary>
    public static string QueueName(AmqpChannel channel, ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty)
            return System.Text.Encoding.UTF8.GetString(name);
        return channel.LastQueue.Length > 0 ? channel.LastQueue : throw new AmqpException(ReplyCode.NotFound, "no previously declared queue");
    }
}
