using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Stands between a gateway and its storage-node, and is the storage-node but for what a test overrides.</summary>
internal abstract class TopicsOver(IStorageClient inner) : IStorageClient, ITopicClient
{
    public ITopicClient Topics => this;

    public ILogClient Logs => inner.Logs;

    public IConsumerClient Consumers => inner.Consumers;

    public INodeClient Node => inner.Node;

    public virtual ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) => inner.Topics.GetAsync(ns, name, cancellationToken);

    public virtual IAsyncEnumerable<TopicEvent> WatchAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) =>
        inner.Topics.WatchAsync(ns, includeInternal, cancellationToken);

    public ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken = default) => inner.Topics.CreateAsync(spec, cancellationToken);

    public ValueTask<TopicResult> UpdateAsync(TopicSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) =>
        inner.Topics.UpdateAsync(spec, expectedRevision, cancellationToken);

    public ValueTask<ErrorCode> DeleteAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) => inner.Topics.DeleteAsync(ns, name, cancellationToken);

    public ValueTask<TopicResult> GetBySubjectAsync(Namespace ns, Subject subject, CancellationToken cancellationToken = default) =>
        inner.Topics.GetBySubjectAsync(ns, subject, cancellationToken);

    public ValueTask<IReadOnlyList<Topic>> ListAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) =>
        inner.Topics.ListAsync(ns, includeInternal, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
