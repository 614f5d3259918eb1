using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>Messages for one log that go together, and who waits for them.</summary>
internal sealed class PublishBatch(TopicPartition log, QueueSpec? queue, bool isLiveOnly) : IDisposable
{
    public TopicPartition Log { get; } = log;

    /// <summary>The one that gets it; null: several may.</summary>
    public QueueSpec? Queue => queue;

    /// <summary>As <see cref="Messages.PublishTarget.IsLiveOnly"/>.</summary>
    public bool IsLiveOnly => isLiveOnly;

    public RecordBatchBuilder Builder { get; } = new();

    /// <summary>The highest that one of the messages asks for.</summary>
    public Durability Durability { get; set; } = Durability.Accepted;

    /// <summary>It is stored or refused as one: a transaction's.</summary>
    public bool IsWhole { get; init; }

    /// <summary>One for each record, in order.</summary>
    public List<Waiting> Waiters { get; } = [];

    /// <summary>How many of them know what has become of their records.</summary>
    public int Told { get; private set; }

    /// <summary>The next one to be told.</summary>
    public bool TryTakeWaiter(out Waiting waiter)
    {
        waiter = Told < Waiters.Count ? Waiters[Told] : default;
        return Told < Waiters.Count && ++Told > 0;
    }

    public void Dispose() => Builder.Dispose();

    /// <summary>Who waits for a record: a message of a channel in confirm mode, or nobody.</summary>
    internal readonly record struct Waiting(ConfirmWindow? Confirms, ulong Number);
}
