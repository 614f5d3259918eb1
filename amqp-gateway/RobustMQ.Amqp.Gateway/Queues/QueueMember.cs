using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>
/// A client's consumer: a member of the queue's consumer at the storage-node. With a prefetch limit an answer is a new credit; without one what was written to the socket is, so that a
/// client that takes nothing stops the deliveries and not the gateway's memory.
/// </summary>
internal sealed class QueueMember(AmqpChannel channel, Queue queue, string tag, bool noAck, int prefetch, int window) : IConsumerReceiver, IQueueConsumer
{
    /// <summary>Bytes of records that may be on their way to the socket.</summary>
    private const long BytesWindow = 4 << 20;

    private readonly TaskCompletionSource<ErrorCode> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _earnsByAnswers = prefetch > 0 && !noAck;
    private IConsumerMembership? _membership;
    private int _generation;
    private int _unanswered;
    private int _isDisposed;

    public string Tag { get; } = tag;

    public byte[] TagBytes { get; } = Encoding.UTF8.GetBytes(tag);

    public string MemberName { get; } = $"{MemberNames.Consumer}{channel.Connection.Owner}/{channel.Number}/{tag}";

    public Queue Queue { get; } = queue;

    public bool NoAck { get; } = noAck;

    public bool IsCancelled { get; private set; }

    public bool IsIdle => Volatile.Read(ref _unanswered) == 0;

    /// <returns>None once it is a member. Nothing is delivered before <see cref="Begin"/>.</returns>
    public async Task<ErrorCode> JoinAsync(IConsumerClient consumers, int priority, bool exclusive)
    {
        _membership = consumers.Join(
            new ConsumerJoin
            {
                Consumer = Queue.Consumer,
                Member = MemberName,
                Priority = priority,
                IsExclusive = exclusive,
                CreditBytes = BytesWindow,
            },
            this);
        var error = await _joined.Task.ConfigureAwait(false);
        if (error != ErrorCode.None)
            await DisposeAsync().ConfigureAwait(false);
        return error;
    }

    public void Begin() => _membership!.AddCredit(_earnsByAnswers ? prefetch : window);

    public void Cancel() => IsCancelled = true;

    /// <summary>Under the channel's lock: a delivery is on its way. One that needs no answer is done.</summary>
    public void Sent(DeliveryId delivery)
    {
        if (NoAck)
            _membership!.Acknowledge(new Acknowledgement(delivery));
        else
            Interlocked.Increment(ref _unanswered);
    }

    public void Release(DeliveryId delivery) => _membership!.Acknowledge(new Acknowledgement(delivery, AckKind.Release));

    public void Answer(DeliveryId delivery, AckKind kind, int generation)
    {
        _membership!.Acknowledge(new Acknowledgement(delivery, kind));
        if (Interlocked.Decrement(ref _unanswered) == 0 && IsCancelled)
            _ = DisposeAsync().AsTask();
        else if (_earnsByAnswers && generation == _generation && !IsCancelled)
            _membership.AddCredit(1);
    }

    public ValueTask<ErrorCode> SyncAsync() => _membership!.SyncAsync();

    public void OnJoined(in MemberJoined joined)
    {
        _generation++;
        _joined.TrySetResult(ErrorCode.None);
    }

    public void OnActive(bool isActive)
    {
    }

    public void OnDeliveries(in Deliveries deliveries)
    {
        var count = 0;
        using var reader = new DeliveryReader(deliveries);
        while (reader.MoveNext())
        {
            count++;
            channel.Deliver(this, OutgoingMessage.Read(reader.Current, reader.Id, Queue.Spec.Policy.IsQuorum), _generation);
        }
        channel.Connection.Outbound.Flush();
        if (!IsCancelled)
            Earn(_earnsByAnswers ? 0 : count, deliveries.Batches.Length);
    }

    public void OnLeft(ErrorCode reason)
    {
        if (_joined.TrySetResult(reason) || reason == ErrorCode.Unavailable || IsCancelled)
            return;
        // The queue was deleted, by a client or because its time was over.
        IsCancelled = true;
        channel.Lose(this);
    }

    public async ValueTask DisposeAsync()
    {
        IsCancelled = true;
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0 && _membership is { } membership)
            await membership.DisposeAsync().ConfigureAwait(false);
    }

    private void Earn(int records, long bytes)
    {
        var outbound = channel.Connection.Outbound;
        if (outbound.Congestion is not null && outbound.TryWait(() => _membership!.AddCredit(records, bytes)))
            return;
        _membership!.AddCredit(records, bytes);
    }
}
