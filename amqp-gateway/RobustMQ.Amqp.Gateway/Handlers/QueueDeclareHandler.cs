using System.Security.Cryptography;
using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class QueueDeclareHandler(AmqpGatewayState gateway) : MethodHandler<QueueDeclare>
{
    private const int NameBytes = 16;

    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in QueueDeclare method)
    {
        var connection = session.Connection;
        var name = Encoding.UTF8.GetString(method.Queue);
        if (DirectReplies.IsAddress(method.Queue))
        {
            if (!gateway.Replies.IsAlive(connection.Vhost!, method.Queue))
                throw AmqpException.NoQueue(name, connection.Vhost!.Name);
            Answer(channel, name, 0, 1, method.NoWait);
            return null;
        }
        if (method.Passive)
            return FindAsync(session, channel, name.Length == 0 ? channel.LastQueue : name, method.NoWait);
        var isNamed = name.Length > 0;
        if (!isNamed)
            name = "amq.gen-" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(NameBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var arguments = ArgumentTable.Read(method.Arguments);
        var policy = QueuePolicy.Read(arguments, $"queue '{name}' in vhost '{connection.Vhost!.Name}'", method.Durable, method.Exclusive, method.AutoDelete);
        var spec = new QueueSpec(name, method.Durable, method.AutoDelete, method.Exclusive ? connection.Owner : null, arguments, policy);
        return DeclareAsync(session, channel, spec, isNamed, method.NoWait);
    }

    private async Task FindAsync(AmqpSession session, AmqpChannel channel, string name, bool noWait)
    {
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        var queue = await Existing.QueueAsync(session.Connection, name).ConfigureAwait(false);
        if (!await TryAnswerAsync(channel, queue, noWait).ConfigureAwait(false))
            throw AmqpException.NoQueue(name, session.Connection.Vhost!.Name);
    }

    private async Task DeclareAsync(AmqpSession session, AmqpChannel channel, QueueSpec spec, bool isNamed, bool noWait)
    {
        var connection = session.Connection;
        var vhost = connection.Vhost!;
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        if (isNamed && await Existing.FindQueueAsync(connection, spec.Name).ConfigureAwait(false) is { } present)
        {
            if (spec.Exclusive != present.Spec.Exclusive)
                throw AmqpException.Locked(spec.Name, vhost.Name);
            Equivalence.Check(present.Spec, spec, vhost.Name);
            if (await TryAnswerAsync(channel, present, noWait).ConfigureAwait(false))
                return;
        }
        if (isNamed && spec.Name.StartsWith("amq.", StringComparison.Ordinal))
            throw AmqpException.Refused($"queue name '{spec.Name}' contains reserved prefix 'amq.*'");
        AmqpAccess.CheckQueue(connection, spec.Name);
        if (spec.Policy.DeadLetterExchange is { } exchange)
            AmqpAccess.CheckExchange(connection, exchange);
        await gateway.Queues.CreateQueueAsync(vhost, spec).ConfigureAwait(false);
        if (spec.Exclusive)
            connection.ExclusiveQueues.Add(spec.Name);
        Answer(channel, spec.Name, 0, 0, noWait);
    }

    /// <returns>False: the queue's time was over; what was left of it is removed.</returns>
    private async ValueTask<bool> TryAnswerAsync(AmqpChannel channel, Queue queue, bool noWait)
    {
        var (error, messages, consumers) = await gateway.Queues.CountAsync(queue).ConfigureAwait(false);
        if (error == ErrorCode.NotFound)
        {
            await gateway.Queues.DeleteQueueAsync(channel.Connection.Vhost!, queue).ConfigureAwait(false);
            return false;
        }
        if (error != ErrorCode.None)
            throw AmqpException.Storage(error);
        Answer(channel, queue.Name, messages, consumers, noWait);
        return true;
    }

    private static void Answer(AmqpChannel channel, string name, long messages, int consumers, bool noWait)
    {
        channel.LastQueue = name;
        if (!noWait)
        {
            channel.Connection.Outbound.WriteMethod(
                channel.Number, new QueueDeclareOk { Queue = Encoding.UTF8.GetBytes(name), MessageCount = (uint)Math.Min(messages, uint.MaxValue), ConsumerCount = (uint)consumers });
        }
    }
}
