using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Embedded;

internal sealed class EmbeddedTopicClient(TopicCatalog topics) : ITopicClient
{
    public ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken = default) => topics.CreateAsync(spec, cancellationToken);

    public ValueTask<TopicResult> UpdateAsync(TopicSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) =>
        topics.UpdateAsync(spec, expectedRevision, cancellationToken);

    public ValueTask<ErrorCode> DeleteAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) =>
        topics.DeleteAsync(ns, name, cancellationToken);

    public ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) =>
        topics.GetAsync(ns, name, cancellationToken);

    public ValueTask<TopicResult> GetBySubjectAsync(Namespace ns, Subject subject, CancellationToken cancellationToken = default) =>
        topics.GetBySubjectAsync(ns, subject, cancellationToken);

    public ValueTask<IReadOnlyList<Topic>> ListAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) =>
        topics.ListAsync(ns, includeInternal, cancellationToken);

    public IAsyncEnumerable<TopicEvent> WatchAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) =>
        topics.WatchAsync(ns, includeInternal, cancellationToken: cancellationToken);
}
