using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>
/// Makes and removes queues, exchanges and bindings: at the storage-node, where a queue is a consumer with its bindings as filters, and in the vhost's definitions. Any thread.
/// </summary>
internal sealed class QueueStore(IStorageClient storage)
{
    /// <summary>Of the queue's own log; those of bindings are odd.</summary>
    private const int OwnBinding = 0;

    /// <summary>Of the log that queues share for transactions.</summary>
    private const int TransactionBinding = 2;

    public async ValueTask CreateQueueAsync(Vhost vhost, QueueSpec spec)
    {
        var queue = new Queue(spec, vhost.Namespace);
        if (spec.Policy.IsStream)
        {
            await CreateOwnLogAsync(vhost, queue, StreamOf(vhost.Namespace, queue)).ConfigureAwait(false);
            await vhost.ChangeAsync([new QueuePut(spec)], spec.Durable).ConfigureAwait(false);
            return;
        }
        await CreateOwnLogAsync(vhost, queue, LogOf(vhost.Namespace, queue.Topic, AmqpTopics.SubjectOfQueue(spec.Name), spec.Durable, RetentionPolicy.WorkQueue)).ConfigureAwait(false);
        var consumer = QueueConsumer.SpecOf(queue, [new ConsumerBinding { Id = OwnBinding, Topic = queue.Topic }]);
        if (consumer.DeadLetter is not null)
            await CreateTopicAsync(vhost.Namespace, AmqpTopics.DeadLetters, AmqpTopics.DeadLetterSubjectPrefix + ">", durable: true, RetentionPolicy.WorkQueue).ConfigureAwait(false);
        var created = await storage.Consumers.CreateAsync(consumer).ConfigureAwait(false);
        if (created.Error == ErrorCode.AlreadyExists)
        {
            // Another gateway is faster, or one has died in between.
            await vhost.SyncAsync().ConfigureAwait(false);
            if (vhost.Topology.TryGetQueue(spec.Name, out _))
                return;
            await storage.Consumers.DeleteAsync(new ConsumerDelete { Consumer = queue.Consumer }).ConfigureAwait(false);
            created = await storage.Consumers.CreateAsync(consumer).ConfigureAwait(false);
        }
        if (!created.Succeeded)
            throw AmqpException.Storage(created.Error);
        await vhost.ChangeAsync([new QueuePut(spec)], spec.Durable).ConfigureAwait(false);
    }

    /// <summary>How many messages wait in a queue, and for how many consumers; of a stream, how many it holds, and its consumers at this gateway.</summary>
    public async ValueTask<(ErrorCode Error, long Messages, int Consumers)> CountAsync(Queue queue)
    {
        if (queue.Spec.Policy.IsStream)
        {
            var offsets = await storage.Logs.OffsetsAsync(queue.Own.Log).ConfigureAwait(false);
            return (offsets.Error, offsets.RecordCount, queue.StreamReaders);
        }
        var found = await GetAsync(queue).ConfigureAwait(false);
        return found.State is { } state ? (ErrorCode.None, state.Waiting, MemberNames.CountConsumers(state)) : (found.Error, 0, 0);
    }

    public async ValueTask<ConsumerResult> GetAsync(Queue queue) => await storage.Consumers.GetAsync(queue.Consumer).ConfigureAwait(false);

    /// <summary>Deletes a queue with its messages and bindings, and exchanges that only lived for these.</summary>
    public async ValueTask<ConsumerRemoval> DeleteQueueAsync(Vhost vhost, Queue queue, bool ifUnused = false, bool ifEmpty = false)
    {
        var removal = queue.Spec.Policy.IsStream
            ? await CheckStreamAsync(queue, ifUnused, ifEmpty).ConfigureAwait(false)
            : await storage.Consumers.DeleteAsync(new ConsumerDelete { Consumer = queue.Consumer, IfUnused = ifUnused, IfEmpty = ifEmpty }).ConfigureAwait(false);
        if (removal.Error is not (ErrorCode.None or ErrorCode.NotFound))
            return removal;
        var bindings = vhost.Topology.IncomingOf(queue);
        var changes = bindings.Select(static binding => (TopologyChange)new Removed(TopologyChange.BindingKey(binding.Spec)))
            .Append(new Removed(TopologyChange.QueueKey(queue.Name))).ToList();
        await vhost.ChangeAsync(changes, queue.Spec.Durable).ConfigureAwait(false);
        await storage.Topics.DeleteAsync(vhost.Namespace, queue.Topic).ConfigureAwait(false);
        foreach (var exchange in bindings.Select(static binding => binding.Source).Distinct())
            await DeleteIfForgottenAsync(vhost, exchange).ConfigureAwait(false);
        return removal with { Error = ErrorCode.None };
    }

    /// <summary>An auto-delete queue goes with the last of its consumers.</summary>
    /// <param name="gone">Members that are consumers no more, though they may have open deliveries.</param>
    public async ValueTask DeleteIfUnusedAsync(Vhost vhost, Queue queue, IReadOnlyList<string> gone)
    {
        if (!queue.Spec.AutoDelete || (await GetAsync(queue).ConfigureAwait(false)).State is not { } state)
            return;
        if (!state.Members.Any(member => member.Member.StartsWith(MemberNames.Consumer, StringComparison.Ordinal) && !gone.Contains(member.Member)))
            await DeleteQueueAsync(vhost, queue).ConfigureAwait(false);
    }

    public async ValueTask DeleteExchangeAsync(Vhost vhost, Exchange exchange)
    {
        var outgoing = vhost.Topology.OutgoingOf(exchange);
        var incoming = vhost.Topology.IncomingOf(exchange);
        var changes = outgoing.Concat(incoming).Select(static binding => (TopologyChange)new Removed(TopologyChange.BindingKey(binding.Spec)))
            .Append(new Removed(TopologyChange.ExchangeKey(exchange.Name))).ToList();
        await vhost.ChangeAsync(changes, exchange.Spec.Durable).ConfigureAwait(false);
        // What was routed before is the queues': their bindings to its logs end, and the logs go when they are read.
        foreach (var binding in outgoing)
            await UnbindStorageAsync(binding).ConfigureAwait(false);
        foreach (var source in incoming.Select(static binding => binding.Source).Distinct())
            await DeleteIfForgottenAsync(vhost, source).ConfigureAwait(false);
    }

    public async ValueTask BindAsync(Vhost vhost, BindingSpec spec, Exchange source, IBindingTarget target)
    {
        if (vhost.Topology.TryGetBinding(spec, out _))
            return;
        var id = StorageIdOf(spec);
        if (target is Queue { Spec.Policy.IsStream: false } queue && Exchange.IsStoredByKey(source.Spec.Kind))
            await BindStorageAsync(vhost, spec, id, source, queue).ConfigureAwait(false);
        var isDurable = source.Spec.Durable && (target is Queue { Spec.Durable: true } or Exchange { Spec.Durable: true });
        await vhost.ChangeAsync([new BindingPut(spec, id)], isDurable).ConfigureAwait(false);
    }

    public async ValueTask UnbindAsync(Vhost vhost, Binding binding)
    {
        await vhost.ChangeAsync([new Removed(TopologyChange.BindingKey(binding.Spec))], binding.Source.Spec.Durable).ConfigureAwait(false);
        await UnbindStorageAsync(binding).ConfigureAwait(false);
        await DeleteIfForgottenAsync(vhost, binding.Source).ConfigureAwait(false);
    }

    /// <summary>
    /// From now on these durable queues read what transactions store for them in the log that they share. Asked anew by every such commit: a queue may have been deleted and made again by another gateway,
    /// and a record that its queue does not read would be lost.
    /// </summary>
    public async ValueTask BindToTransactionsAsync(Vhost vhost, IReadOnlyCollection<Queue> queues)
    {
        await CreateTopicAsync(vhost.Namespace, AmqpTopics.Transactions, AmqpTopics.TransactionSubjectPrefix + ">", durable: true, RetentionPolicy.Interest).ConfigureAwait(false);
        foreach (var queue in queues)
        {
            var filter = SubjectFilter.Parse(AmqpTopics.SubjectInTransactions(queue.Name));
            var binding = new ConsumerBinding { Id = TransactionBinding, Topic = AmqpTopics.Transactions, Filters = [filter], Start = ConsumerStart.New };
            var error = await storage.Consumers.BindAsync(new BindingChange { Consumer = queue.Consumer, Add = [binding] }).ConfigureAwait(false);
            // Whoever deleted a queue meanwhile wants none of it.
            if (error is not (ErrorCode.None or ErrorCode.AlreadyExists or ErrorCode.NotFound))
                throw AmqpException.Storage(error);
        }
    }

    /// <summary>Removes what an earlier incarnation of the storage-node took with it.</summary>
    public async ValueTask DeleteLeftoversAsync(Vhost vhost)
    {
        var leftovers = vhost.TakeLeftovers();
        var deleted = 0;
        try
        {
            for (; deleted < leftovers.Count; deleted++)
            {
                if (leftovers[deleted] is QueuePut queuePut && vhost.Topology.TryGetQueue(queuePut.Spec.Name, out var queue))
                {
                    var removal = await DeleteQueueAsync(vhost, queue).ConfigureAwait(false);
                    if (removal.Error != ErrorCode.None)
                        throw AmqpException.Storage(removal.Error);
                }
                else if (leftovers[deleted] is ExchangePut exchangePut && vhost.Topology.TryGetExchange(exchangePut.Spec.Name, out var exchange))
                    await DeleteExchangeAsync(vhost, exchange).ConfigureAwait(false);
            }
        }
        finally
        {
            if (deleted < leftovers.Count)
                vhost.ReturnLeftovers(leftovers.Skip(deleted));
        }
    }

    private async ValueTask BindStorageAsync(Vhost vhost, BindingSpec spec, int id, Exchange source, Queue queue)
    {
        var durable = queue.Spec.Durable;
        var topic = AmqpTopics.OfExchange(source.Name, durable);
        await CreateTopicAsync(vhost.Namespace, topic, AmqpTopics.SubjectPrefixOfExchange(source.Name, durable) + ">", durable, RetentionPolicy.Interest).ConfigureAwait(false);
        var binding = new ConsumerBinding { Id = id, Topic = topic, Filters = [SubjectFilter.Parse(FilterOf(spec, source, durable))], Start = ConsumerStart.New };
        var error = await storage.Consumers.BindAsync(new BindingChange { Consumer = queue.Consumer, Add = [binding] }).ConfigureAwait(false);
        if (error == ErrorCode.NotFound)
            throw AmqpException.NoQueue(queue.Name, vhost.Name);
        if (error is not (ErrorCode.None or ErrorCode.AlreadyExists))
            throw AmqpException.Storage(error);
    }

    private async ValueTask UnbindStorageAsync(Binding binding)
    {
        if (binding.Target is not Queue { Spec.Policy.IsStream: false } queue || !Exchange.IsStoredByKey(binding.Source.Spec.Kind))
            return;
        var error = await storage.Consumers.BindAsync(new BindingChange { Consumer = queue.Consumer, Remove = [binding.StorageId] }).ConfigureAwait(false);
        if (error is not (ErrorCode.None or ErrorCode.NotFound))
            throw AmqpException.Storage(error);
    }

    /// <summary>An auto-delete exchange goes with the last binding that led from it.</summary>
    private async ValueTask DeleteIfForgottenAsync(Vhost vhost, Exchange exchange)
    {
        if (exchange.Spec.AutoDelete && vhost.Topology.TryGetExchange(exchange.Name, out var present) && present == exchange && vhost.Topology.OutgoingOf(exchange).Count == 0)
            await DeleteExchangeAsync(vhost, exchange).ConfigureAwait(false);
    }

    /// <summary>Makes a log that queues share.</summary>
    private async ValueTask CreateTopicAsync(Namespace ns, TopicName name, string filter, bool durable, RetentionPolicy retention)
    {
        if (!await TryCreateTopicAsync(LogOf(ns, name, filter, durable, retention)).ConfigureAwait(false))
            throw NotOfThatKind(name);
    }

    /// <summary>Makes the log of a queue that is not there yet. Where one of another kind lies there, it is what is left of a queue that was not wholly deleted, or made: it goes first.</summary>
    private async ValueTask CreateOwnLogAsync(Vhost vhost, Queue queue, TopicSpec log)
    {
        if (await TryCreateTopicAsync(log).ConfigureAwait(false))
            return;
        await vhost.SyncAsync().ConfigureAwait(false);
        if (vhost.Topology.TryGetQueue(queue.Name, out _))
            throw AmqpException.Precondition($"queue '{queue.Name}' in vhost '{vhost.Name}' was declared otherwise meanwhile");
        await storage.Consumers.DeleteAsync(new ConsumerDelete { Consumer = queue.Consumer }).ConfigureAwait(false);
        await storage.Topics.DeleteAsync(vhost.Namespace, log.Name).ConfigureAwait(false);
        if (!await TryCreateTopicAsync(log).ConfigureAwait(false))
            throw NotOfThatKind(log.Name);
    }

    private static TopicSpec LogOf(Namespace ns, TopicName name, string filter, bool durable, RetentionPolicy retention) => new()
    {
        Namespace = ns,
        Name = name,
        Engine = durable ? EngineKind.RocksDb : EngineKind.Memory,
        Retention = new Retention { Policy = retention },
        Filters = [SubjectFilter.Parse(filter)],
    };

    /// <summary>A stream is its log: only age and size end its messages.</summary>
    private static TopicSpec StreamOf(Namespace ns, Queue queue) => new()
    {
        Namespace = ns,
        Name = queue.Topic,
        Engine = EngineKind.Segment,
        Retention = new Retention { MaxAgeMs = queue.Spec.Policy.MaxAgeMs, MaxBytes = queue.Spec.Policy.MaxLengthBytes ?? 0 },
        Filters = [SubjectFilter.Parse(AmqpTopics.SubjectOfQueue(queue.Name))],
    };

    /// <returns>False: there is one of that name, and of another kind.</returns>
    private async ValueTask<bool> TryCreateTopicAsync(TopicSpec spec)
    {
        var created = await storage.Topics.CreateAsync(spec).ConfigureAwait(false);
        if (created.Error is not (ErrorCode.None or ErrorCode.AlreadyExists))
            throw new AmqpException(ReplyCode.InternalError, $"the storage-node refuses {spec.Name}: {created.Message ?? created.Error.ToString()}");
        return created.Topic?.Spec is not { } present || (present.Engine == spec.Engine && present.Retention.Policy == spec.Retention.Policy);
    }

    private static AmqpException NotOfThatKind(TopicName name) => new(ReplyCode.InternalError, $"topic {name} is there and is of another kind");

    /// <returns>Whether a stream may be deleted, in the words in which the storage-node tells it of a queue.</returns>
    private async ValueTask<ConsumerRemoval> CheckStreamAsync(Queue queue, bool ifUnused, bool ifEmpty)
    {
        var (error, messages, readers) = await CountAsync(queue).ConfigureAwait(false);
        if (ifUnused && readers > 0)
            error = ErrorCode.LeaseHeld;
        else if (ifEmpty && messages > 0)
            error = ErrorCode.LimitExceeded;
        return new ConsumerRemoval { Error = error, Records = messages };
    }

    private static string FilterOf(BindingSpec spec, Exchange source, bool durable)
    {
        var prefix = AmqpTopics.SubjectPrefixOfExchange(source.Name, durable);
        return source.Spec.Kind switch
        {
            ExchangeKind.Fanout => prefix + ">",
            ExchangeKind.Direct => prefix + Encoding.UTF8.GetString(AmqpNames.Encode(spec.RoutingKey)),
            _ => prefix + Encoding.UTF8.GetString(AmqpNames.Filter(spec.RoutingKey)),
        };
    }

    /// <summary>The same for the same binding at every gateway, so that nobody has to ask which numbers are taken.</summary>
    private static int StorageIdOf(BindingSpec spec)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.ASCII.GetBytes(spec.Identity), hash);
        return (BinaryPrimitives.ReadInt32LittleEndian(hash) & int.MaxValue) | 1;
    }
}
