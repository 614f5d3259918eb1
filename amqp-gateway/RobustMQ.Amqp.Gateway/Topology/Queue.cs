using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>A queue that stands.</summary>
internal sealed class Queue(QueueSpec spec, Namespace ns) : IBindingTarget
{
    private int _streamReaders;

    public QueueSpec Spec { get; } = spec;

    public string Name => Spec.Name;

    /// <summary>The storage-node's consumer that is this queue.</summary>
    public ConsumerRef Consumer { get; } = new(ns, ConsumerPrefix + spec.Name);

    public const string ConsumerPrefix = "amqp/queues/";

    /// <summary>Where messages for this queue alone go.</summary>
    public PublishTarget Own { get; } = PublishTarget.ToQueue(ns, spec);

    public HashSet<Binding> Incoming { get; } = [];

    /// <summary>It is being deleted by this gateway: nobody may begin to use it.</summary>
    public bool IsGoing { get; set; }

    public TopicName Topic => Own.Log.Topic;

    /// <summary>Of a stream: consumers at this gateway.</summary>
    public int StreamReaders => Volatile.Read(ref _streamReaders);

    /// <summary>
    /// Each of its messages is a record of its own: what lies in a log that queues share can neither be refused for one of them and taken for another, nor be kept for a stream when the queues are
    /// done with it.
    /// </summary>
    public bool WantsOwnCopies => Spec.Policy.IsStream || (Spec.Policy.Overflow != QueueOverflow.DropHead && (Spec.Policy.MaxLength ?? Spec.Policy.MaxLengthBytes) is not null);

    public void CountStreamReaders(int by) => Interlocked.Add(ref _streamReaders, by);
}
