using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>A client's consumer: of a queue, whose messages it takes out, or of a stream, which it reads.</summary>
internal interface IQueueConsumer : IQueueReader, IAsyncDisposable
{
    string Tag { get; }

    byte[] TagBytes { get; }

    /// <summary>How the queue's other consumers know it.</summary>
    string MemberName { get; }

    bool NoAck { get; }

    /// <summary>The client has cancelled it, or its queue is gone: nothing more is sent.</summary>
    bool IsCancelled { get; }

    /// <summary>Nothing that it was sent waits for an answer to be passed on.</summary>
    bool IsIdle { get; }

    /// <summary>Deliveries may come from now on.</summary>
    void Begin();

    /// <summary>Nothing more is sent. What was is still the client's to answer.</summary>
    void Cancel();

    /// <summary>Under the channel's lock: a delivery is on its way.</summary>
    void Sent(DeliveryId delivery);

    /// <summary>A delivery that the client did not see.</summary>
    void Release(DeliveryId delivery);

    /// <summary>Completes when every answer is stored.</summary>
    ValueTask<ErrorCode> SyncAsync();
}
