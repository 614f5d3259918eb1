using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Channels;

/// <summary>
/// One channel: what it reads, what it has delivered and waits for, and the content that is coming in. The session's thread drives it; deliveries come from others, under its lock.
/// </summary>
internal sealed partial class AmqpChannel(ushort number, AmqpConnection connection)
{
    private readonly Lock _lock = new();
    private readonly UnackedList _unacked = new();
    private readonly Queue<HeldDelivery> _held = new();
    private readonly ConcurrentDictionary<string, IQueueConsumer> _consumers = new(StringComparer.Ordinal);
    private readonly List<IQueueConsumer> _leaving = [];
    private readonly Dictionary<string, GetReader> _getters = [];
    private List<IQueueConsumer>? _losses;

    public ushort Number { get; } = number;

    public AmqpConnection Connection { get; } = connection;

    public IncomingContent Content { get; } = new();

    /// <summary>An error was sent and the client has not confirmed it: everything else is thrown away.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Null: not in confirm mode.</summary>
    public ConfirmWindow? Confirms { get; set; }

    /// <summary>Null: not in transaction mode.</summary>
    public Transaction? Transaction { get; set; }

    /// <summary>Of consumers that are made from now on; 0: no limit.</summary>
    public int Prefetch { get; set; }

    /// <summary>Of all consumers together; 0: no limit.</summary>
    public int GlobalPrefetch { get; private set; }

    /// <summary>What an empty queue name means.</summary>
    public string LastQueue { get; set; } = string.Empty;

    /// <summary>Consumes <c>amq.rabbitmq.reply-to</c> under this tag; null: does not.</summary>
    public byte[]? ReplyConsumer { get; set; }

    public int ConsumerCount => _consumers.Count;

    public IEnumerable<IQueueConsumer> Consumers => _consumers.Values;

    // ---- the session's thread

    public void Add(IQueueConsumer consumer) => _consumers[consumer.Tag] = consumer;

    public bool HasConsumer(string tag) => _consumers.ContainsKey(tag);

    public IQueueConsumer? FindConsumer(string tag) => _consumers.GetValueOrDefault(tag);

    /// <summary>Sends a consumer nothing more. What it was sent can still be answered; it stays a member as long as something is open.</summary>
    public async ValueTask CancelAsync(IQueueConsumer consumer)
    {
        lock (_lock)
            consumer.Cancel();
        Forget(consumer);
        if (consumer.IsIdle)
            await consumer.DisposeAsync().ConfigureAwait(false);
        else
            _leaving.Add(consumer);
    }

    public GetReader? FindGetter(string queue) => _getters.GetValueOrDefault(queue);

    public void Add(GetReader getter) => _getters[getter.Queue.Name] = getter;

    public void Remove(GetReader getter) => _getters.Remove(getter.Queue.Name);

    /// <summary>Gives everything back. Completes when it is stored.</summary>
    /// <returns>Queues that were consumed.</returns>
    public async Task<IReadOnlyCollection<Queue>> EndAsync()
    {
        HashSet<Queue> queues = [.. _consumers.Values.Select(static consumer => consumer.Queue)];
        Confirms?.End();
        List<IAsyncDisposable> readers = [.. _consumers.Values, .. _leaving, .. _getters.Values];
        _consumers.Clear();
        _leaving.Clear();
        _getters.Clear();
        lock (_lock)
        {
            while (_held.TryDequeue(out var held))
                held.Consumer.Release(held.Message.Delivery);
        }
        foreach (var reader in readers)
            await EndAsync(reader).ConfigureAwait(false);
        Content.Dispose();
        ReplyConsumer = null;
        return queues;
    }

    /// <summary>Whatever goes wrong with one: what the others hold is given back.</summary>
    private async ValueTask EndAsync(IAsyncDisposable reader)
    {
        try
        {
            await reader.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogNotEnded(Connection.Logger, Number, Connection.Id, error);
        }
    }

    /// <summary>Completes when every answer is stored.</summary>
    public async ValueTask SyncAsync()
    {
        foreach (var consumer in _consumers.Values.Concat(_leaving))
            await consumer.SyncAsync().ConfigureAwait(false);
        foreach (var getter in _getters.Values)
            await getter.SyncAsync().ConfigureAwait(false);
    }

    public void SetGlobalPrefetch(int limit)
    {
        lock (_lock)
        {
            GlobalPrefetch = limit;
            SendHeld();
        }
    }

    /// <summary>Answers deliveries.</summary>
    /// <returns>False: the tag is none that waits.</returns>
    public bool Answer(ulong tag, bool isMultiple, AckKind kind)
    {
        lock (_lock)
        {
            if (!isMultiple)
            {
                if (!_unacked.TryTake(tag, out var entry))
                    return false;
                entry.Reader!.Answer(entry.Delivery, kind, entry.Generation);
            }
            else
            {
                if (!_unacked.WasGiven(tag))
                    return false;
                var upTo = tag == 0 ? ulong.MaxValue : tag;
                while (_unacked.TryTakeOldest(upTo, out var entry))
                    entry.Reader!.Answer(entry.Delivery, kind, entry.Generation);
            }
            SendHeld();
            return true;
        }
    }

    /// <summary>The first tag that would not wait for its answer when those before it are given; null: all would.</summary>
    public ulong? FindUnknown(IReadOnlyList<PendingAnswer> answers)
    {
        var upTo = 0UL;
        HashSet<ulong> single = [];
        lock (_lock)
        {
            foreach (var (tag, isMultiple, _) in answers)
            {
                if (isMultiple ? !_unacked.WasGiven(tag) : tag <= upTo || !_unacked.Waits(tag) || !single.Add(tag))
                    return tag;
                if (isMultiple)
                    upTo = tag == 0 ? ulong.MaxValue : Math.Max(upTo, tag);
            }
        }
        return null;
    }

    /// <summary>The tag of a message that was fetched.</summary>
    public ulong TagOf(IQueueReader reader, DeliveryId delivery, bool needsAnswer, int generation)
    {
        lock (_lock)
            return needsAnswer ? _unacked.Add(reader, delivery, generation) : _unacked.Skip();
    }

    // ---- any thread

    /// <summary>From now on consumers whose queue is gone are not told, up to <see cref="TellLosses"/>: who deletes a queue hears first that it is deleted.</summary>
    public void HoldLosses()
    {
        lock (_lock)
            _losses = [];
    }

    public void TellLosses()
    {
        List<IQueueConsumer>? losses;
        lock (_lock)
            (losses, _losses) = (_losses, null);
        foreach (var consumer in losses ?? [])
            TellLoss(consumer);
    }

    /// <summary>A consumer's queue is gone.</summary>
    public void Lose(IQueueConsumer consumer)
    {
        Forget(consumer);
        lock (_lock)
        {
            if (_losses is { } losses)
            {
                losses.Add(consumer);
                return;
            }
        }
        TellLoss(consumer);
    }

    /// <summary>Clients that would like to know are told.</summary>
    private void TellLoss(IQueueConsumer consumer)
    {
        if (!Connection.Capabilities.ConsumerCancelNotify)
            return;
        Connection.Outbound.WriteMethod(Number, new BasicCancel { ConsumerTag = consumer.TagBytes, NoWait = true });
        Connection.Outbound.Flush();
    }

    private void Forget(IQueueConsumer consumer) => _consumers.TryRemove(new KeyValuePair<string, IQueueConsumer>(consumer.Tag, consumer));

    /// <summary>The tag of a message that needs no answer.</summary>
    public ulong NextTag()
    {
        lock (_lock)
            return _unacked.Skip();
    }

    /// <summary>Sends a delivery, or holds it back where all consumers together have enough. The caller flushes.</summary>
    public void Deliver(IQueueConsumer consumer, in OutgoingMessage message, int generation)
    {
        lock (_lock)
        {
            if (consumer.IsCancelled)
            {
                consumer.Release(message.Delivery);
                return;
            }
            if (GlobalPrefetch > 0 && !consumer.NoAck && (_held.Count > 0 || _unacked.Count >= GlobalPrefetch))
            {
                _held.Enqueue(new HeldDelivery(consumer, message, generation));
                return;
            }
            Send(consumer, message, generation);
        }
    }

    private void SendHeld()
    {
        while (_held.Count > 0 && (GlobalPrefetch == 0 || _unacked.Count < GlobalPrefetch))
        {
            var held = _held.Dequeue();
            if (held.Consumer.IsCancelled)
                held.Consumer.Release(held.Message.Delivery);
            else
                Send(held.Consumer, held.Message, held.Generation);
        }
    }

    private void Send(IQueueConsumer consumer, in OutgoingMessage message, int generation)
    {
        var tag = consumer.NoAck ? _unacked.Skip() : _unacked.Add(consumer, message.Delivery, generation);
        consumer.Sent(message.Delivery);
        message.WriteDelivery(Connection.Outbound, Number, consumer.TagBytes, tag);
    }

    /// <summary>An error that ends this channel.</summary>
    public static AmqpException UnknownTag(ulong tag) => new(ReplyCode.PreconditionFailed, $"unknown delivery tag {tag}");

    [LoggerMessage(Level = LogLevel.Warning, Message = "A consumer of channel {Channel} of connection {Connection} did not end as it should; what it held is given back when this gateway ends")]
    private static partial void LogNotEnded(ILogger logger, ushort channel, ulong connection, Exception error);
}
