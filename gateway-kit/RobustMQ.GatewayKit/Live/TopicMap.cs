using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.GatewayKit.Live;

/// <summary>
/// Which topic owns which subject, kept up to date by a watch. While the storage-node is away the last known answer stands; a subject that no topic owns goes to
/// <see cref="TopicName.Live"/>.
/// </summary>
public sealed partial class TopicMap(ITopicClient topics, ILogger<TopicMap> logger)
{
    private readonly ConcurrentDictionary<Namespace, NamespaceTopics> _namespaces = new();
    private long _generation;

    /// <summary>Changes whenever an answer may have changed.</summary>
    public long Generation => Volatile.Read(ref _generation);

    public TopicRoute Route(Namespace ns, ReadOnlySpan<byte> subject) => Of(ns).Route(subject);

    /// <summary><see cref="TopicName.Durable"/> of a namespace: for what no topic takes and that must be kept.</summary>
    public TopicRoute DurableRoute(Namespace ns) => Of(ns).Durable;

    /// <summary>Whether consumers get what a topic takes. Memory topics have none that last.</summary>
    public bool Keeps(Namespace ns, TopicName topic) => Of(ns).Keeps(topic);

    /// <summary>Follows the topics until cancelled.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in topics.WatchAsync(ns: null, includeInternal: true, cancellationToken).ConfigureAwait(false))
            {
                // No answer changes with these, however many come and go.
                if (change.Topic is null || !NamespaceTopics.IsBeyondPublishing(change.Topic))
                    Apply(change);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            LogWatchFailed(logger, error);
            throw;
        }
    }

    internal void Apply(TopicEvent change)
    {
        switch (change.Kind)
        {
            case TopicEventKind.Put:
                Of(change.Topic!.Namespace).Put(change.Topic);
                break;
            case TopicEventKind.Deleted:
                Of(change.Topic!.Namespace).Remove(change.Topic.Name);
                break;
            case TopicEventKind.Reset:
                foreach (var topicsOfOne in _namespaces.Values)
                    topicsOfOne.BeginReset();
                break;
            case TopicEventKind.CaughtUp:
                foreach (var topicsOfOne in _namespaces.Values)
                    topicsOfOne.EndReset();
                break;
        }
        Interlocked.Increment(ref _generation);
    }

    private NamespaceTopics Of(Namespace ns) => _namespaces.GetOrAdd(ns, static key => new NamespaceTopics(key));

    [LoggerMessage(Level = LogLevel.Error, Message = "The topic watch ended; routes no longer change")]
    private static partial void LogWatchFailed(ILogger logger, Exception error);
}
