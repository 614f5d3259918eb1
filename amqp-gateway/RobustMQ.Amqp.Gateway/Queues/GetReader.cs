using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>Fetches single messages of a queue for one channel. It is a member without credit, so that what it fetched stays the channel's until it is answered or the channel is closed.</summary>
internal sealed class GetReader(AmqpChannel channel, Queue queue) : IConsumerReceiver, IQueueReader, IAsyncDisposable
{
    private const int FetchBytes = 1 << 20;

    private readonly TaskCompletionSource<ErrorCode> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IConsumerMembership? _membership;

    public Queue Queue { get; } = queue;

    /// <summary>The queue it read is gone.</summary>
    public bool IsOver { get; private set; }

    public Task<ErrorCode> JoinAsync(IConsumerClient consumers)
    {
        _membership = consumers.Join(
            new ConsumerJoin { Consumer = Queue.Consumer, Member = $"{MemberNames.Getter}{channel.Connection.Owner}/{channel.Number}" }, this);
        return _joined.Task;
    }

    /// <summary>One message, or none. The caller disposes the result.</summary>
    public ValueTask<FetchResult> FetchAsync() => _membership!.FetchAsync(1, FetchBytes, TimeSpan.Zero);

    public void Answer(DeliveryId delivery, AckKind kind, int generation) => _membership!.Acknowledge(new Acknowledgement(delivery, kind));

    /// <summary>Completes when every answer is stored.</summary>
    public ValueTask<ErrorCode> SyncAsync() => _membership!.SyncAsync();

    public void OnJoined(in MemberJoined joined) => _joined.TrySetResult(ErrorCode.None);

    public void OnActive(bool isActive)
    {
    }

    /// <summary>It has no credit.</summary>
    public void OnDeliveries(in Deliveries deliveries)
    {
    }

    public void OnLeft(ErrorCode reason)
    {
        IsOver |= reason != ErrorCode.Unavailable;
        _joined.TrySetResult(reason);
    }

    public ValueTask DisposeAsync() => _membership?.DisposeAsync() ?? ValueTask.CompletedTask;
}
