using System.Text;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Messages;

/// <summary>One record of a message: which log it goes to, and under which subject. Unchanging.</summary>
/// <param name="IsDurable">A persistent message is on the device before it is confirmed.</param>
/// <param name="IsLiveOnly">Delivered to those who listen now, in whatever protocol, and kept nowhere.</param>
/// <param name="Queue">The one that gets it; null: every queue of the exchange that wants the key.</param>
internal sealed record PublishTarget(TopicPartition Log, byte[] Subject, bool IsDurable, QueueSpec? Queue, bool IsLiveOnly = false)
{
    /// <summary>For one queue alone.</summary>
    public static PublishTarget ToQueue(Namespace ns, QueueSpec queue) =>
        new(new TopicPartition(ns, AmqpTopics.OfQueue(queue.Name), 0), Encoding.UTF8.GetBytes(AmqpTopics.SubjectOfQueue(queue.Name)), queue.Durable, queue);

    /// <summary>For one durable queue, as a part of a transaction that others take part in.</summary>
    public static PublishTarget InTransaction(Namespace ns, QueueSpec queue) =>
        new(new TopicPartition(ns, AmqpTopics.Transactions, 0), Encoding.UTF8.GetBytes(AmqpTopics.SubjectInTransactions(queue.Name)), IsDurable: true, Queue: null);

    /// <summary>For every queue of one kind that is bound to an exchange and wants the key.</summary>
    public static PublishTarget ToExchange(Namespace ns, string exchange, ReadOnlySpan<byte> routingKey, bool durable)
    {
        var prefix = Encoding.UTF8.GetBytes(AmqpTopics.SubjectPrefixOfExchange(exchange, durable));
        return new(new TopicPartition(ns, AmqpTopics.OfExchange(exchange, durable), 0), [.. prefix, .. AmqpNames.Encode(routingKey)], durable, null);
    }
}
