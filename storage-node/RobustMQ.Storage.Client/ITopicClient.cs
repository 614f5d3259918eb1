using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Client;

/// <summary>Topics as a gateway sees them. Outcomes are <see cref="ErrorCode"/>s.</summary>
public interface ITopicClient
{
    ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken = default);

    /// <param name="expectedRevision">0: whatever it is.</param>
    ValueTask<TopicResult> UpdateAsync(TopicSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default);

    ValueTask<ErrorCode> DeleteAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default);

    ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default);

    /// <summary>The topic that owns a subject; never an error for a valid subject, since <see cref="TopicName.Live"/> takes the rest.</summary>
    ValueTask<TopicResult> GetBySubjectAsync(Namespace ns, Subject subject, CancellationToken cancellationToken = default);

    /// <param name="ns">Null: every namespace.</param>
    ValueTask<IReadOnlyList<Topic>> ListAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default);

    /// <summary>The topics as they are, then <see cref="TopicEventKind.CaughtUp"/>, then every change. After a reconnect it begins again with <see cref="TopicEventKind.Reset"/>.</summary>
    IAsyncEnumerable<TopicEvent> WatchAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default);
}
