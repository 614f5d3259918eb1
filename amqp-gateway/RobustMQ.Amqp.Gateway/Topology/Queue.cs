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

    public TopicName Topic => Own.Log.Topic;

    /// <summary>Of a stream: consumers at this gateway.</summary>
    public int StreamReaders => Volatile.Read(ref _streamReaders);

    public void CountStreamReaders(int by) => Interlocked.Add(ref _streamReaders, by);
}
