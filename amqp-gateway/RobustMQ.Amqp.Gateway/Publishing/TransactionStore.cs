using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Routing;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>
/// Stores what a transaction published so that a crash leaves all of it or nothing, as far as it goes to durable queues: as one batch, since a log has a batch whole or not at all. What goes to one log
/// anyway is one there; what goes to several goes to a log that all queues share for transactions instead, with a record for each queue. The session's thread only.
/// </summary>
internal sealed class TransactionStore(AmqpGatewayState gateway, Vhost vhost, PublishPipeline publisher)
{
    /// <returns>Whether all of it is stored.</returns>
    public async ValueTask<bool> StoreAsync(Transaction transaction)
    {
        // For good: a channel's messages to a queue keep their order only where they go one way.
        transaction.IsSpread |= HaveSeveralLogs(transaction.Routed);
        if (transaction.IsSpread)
            await gateway.Queues.BindToTransactionsAsync(vhost, QueuesOf(transaction.Routed)).ConfigureAwait(false);
        var batches = publisher.Batches;
        var failedBefore = batches.Failed;
        batches.KeepsTogether = true;
        try
        {
            foreach (var message in transaction.Routed)
                publisher.Append(message, transaction.IsSpread ? Together(message.Route) : message.Route.Targets);
            batches.HandOver();
        }
        finally
        {
            batches.KeepsTogether = false;
        }
        await batches.SettleAsync().ConfigureAwait(false);
        return batches.Failed == failedBefore;
    }

    private static bool TakesPart(Queue queue) => queue.Spec is { Durable: true, WantsOwnCopies: false };

    private static bool HaveSeveralLogs(IReadOnlyList<RoutedPublish> messages)
    {
        TopicPartition? first = null;
        foreach (var message in messages)
        {
            foreach (var target in message.Route.Targets)
            {
                if (!target.IsDurable || target.Queue is { WantsOwnCopies: true })
                    continue;
                first ??= target.Log;
                if (first != target.Log)
                    return true;
            }
        }
        return false;
    }

    private static HashSet<Queue> QueuesOf(IReadOnlyList<RoutedPublish> messages) =>
        [.. messages.SelectMany(static message => message.Route.Queues).Where(TakesPart)];

    private PublishTarget[] Together(MessageRoute route)
    {
        var targets = new List<PublishTarget>();
        foreach (var queue in route.Queues)
        {
            if (TakesPart(queue))
                targets.Add(PublishTarget.InTransaction(vhost.Namespace, queue.Spec));
            else if (queue.Spec.Durable)
                targets.Add(queue.Own);
        }
        foreach (var target in route.Targets)
        {
            if (!target.IsDurable)
                targets.Add(target);
        }
        return [.. targets];
    }
}
