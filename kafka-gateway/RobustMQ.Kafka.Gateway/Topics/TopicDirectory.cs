using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>
/// All topics but that of the users by name and by id, kept up to date by a watch, and the storage's epoch. While the storage-node is away the last known answer stands. Any thread.
/// </summary>
internal sealed partial class TopicDirectory(IStorageClient storage, ILogger<TopicDirectory> logger)
{
    /// <summary>Topics of one request that the storage is asked for, all at once: many more than a client begins to write to at a time.</summary>
    private const int AskedMax = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<(Namespace, TopicName), Topic> _byName = [];
    private readonly Dictionary<Guid, Topic> _byId = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// While a watch starts over: what it has not told of again, with the revision of what was looked up or made since; 0: nothing was. What is not newer than the topics that the watch begins with, and
    /// not among them, is gone.
    /// </summary>
    private Dictionary<Guid, long>? _unconfirmed;
    private long _version;
    private long _watched;

    /// <summary>Completes when all topics are known for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Of the log's leader: raised by every start of the storage-node.</summary>
    public Epoch Epoch { get; private set; } = Epoch.None;

    /// <summary>Of the storage: the cluster's id.</summary>
    public string ClusterId { get; private set; } = string.Empty;

    /// <summary>Another number where any topic has changed since.</summary>
    public long Version => Interlocked.Read(ref _version);

    public bool TryGet(Namespace ns, string name, [NotNullWhen(true)] out Topic? topic)
    {
        topic = null;
        if (!TopicName.TryParse(name, out var parsed))
            return false;
        lock (_lock)
            return _byName.TryGetValue((ns, parsed), out topic);
    }

    /// <summary>Ids are those of one namespace only: a topic of another does not exist for this client.</summary>
    public bool TryGet(Namespace ns, Guid id, [NotNullWhen(true)] out Topic? topic)
    {
        lock (_lock)
            return _byId.TryGetValue(id, out topic) && topic.Namespace == ns;
    }

    /// <summary>
    /// Asks the storage for topics that are not known here, or not with as many partitions as a client names: another gateway may have made them just now, and the watch is a moment late. Then
    /// <see cref="TryGet(Namespace, string, out Topic?)"/> has them. Where the storage is away, what is known stands.
    /// </summary>
    public async ValueTask LearnAsync(Namespace ns, IEnumerable<string> names, CancellationToken cancellationToken) =>
        await Task.WhenAll(names.Distinct().Take(AskedMax).Select(name => AskAsync(ns, name, cancellationToken))).ConfigureAwait(false);

    /// <summary>In order of names.</summary>
    public IReadOnlyList<Topic> List(Namespace ns, bool includeInternal)
    {
        lock (_lock)
        {
            return
            [
                .. _byName.Values.Where(topic => topic.Namespace == ns && (includeInternal || !topic.Name.IsInternal))
                    .OrderBy(static topic => topic.Name.Value, StringComparer.Ordinal)
            ];
        }
    }

    public IReadOnlyList<Namespace> NamespacesWith(TopicName name)
    {
        lock (_lock)
            return [.. _byName.Keys.Where(key => key.Item2 == name).Select(static key => key.Item1)];
    }

    /// <summary>A topic that was made, changed or looked up through this gateway: its client's next request knows it.</summary>
    public void Put(Topic topic)
    {
        lock (_lock)
        {
            // The watch was faster, and has told of its end too.
            if (topic.Revision <= _watched && !_byId.ContainsKey(topic.Id))
                return;
            var isTold = _byId.ContainsKey(topic.Id) && _unconfirmed?.ContainsKey(topic.Id) != true;
            PutCore(topic);
            if (!isTold)
                _unconfirmed?.TryAdd(topic.Id, topic.Revision);
        }
    }

    public void Remove(Topic topic)
    {
        lock (_lock)
            RemoveCore(topic.Id);
    }

    /// <summary>Follows the topics until cancelled.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in storage.Topics.WatchAsync(ns: null, includeInternal: true, cancellationToken).ConfigureAwait(false))
                await ApplyAsync(change, cancellationToken).ConfigureAwait(false);
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

    private async Task AskAsync(Namespace ns, string name, CancellationToken cancellationToken)
    {
        if (!TopicName.TryParse(name, out var parsed) || parsed.IsReserved())
            return;
        try
        {
            if (await storage.Topics.GetAsync(ns, parsed, cancellationToken).ConfigureAwait(false) is { Succeeded: true, Topic: { } topic })
                Put(topic);
        }
        catch (Exception error) when (error is StorageException || (error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
        }
    }

    private async ValueTask ApplyAsync(TopicEvent change, CancellationToken cancellationToken)
    {
        switch (change.Kind)
        {
            case TopicEventKind.Put:
                lock (_lock)
                {
                    PutCore(change.Topic!);
                    _watched = Math.Max(_watched, change.Revision);
                }
                break;
            case TopicEventKind.Deleted:
                lock (_lock)
                {
                    RemoveCore(change.Topic!.Id);
                    _watched = Math.Max(_watched, change.Revision);
                }
                break;
            case TopicEventKind.Reset:
                lock (_lock)
                    (_unconfirmed, _watched) = (_byId.Keys.ToDictionary(static id => id, static _ => 0L), 0);
                break;
            case TopicEventKind.CaughtUp:
                ForgetUnconfirmed(change.Revision);
                await IdentifyAsync(cancellationToken).ConfigureAwait(false);
                _ready.TrySetResult();
                break;
        }
    }

    /// <summary>The storage-node may have been started again since: its epoch is another then.</summary>
    private async ValueTask IdentifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var identity = await storage.Node.IdentityAsync(cancellationToken).ConfigureAwait(false);
            Epoch = identity.Epoch;
            ClusterId = identity.NodeId;
        }
        catch (StorageException error)
        {
            LogNotIdentified(logger, error.Code);
        }
    }

    private void ForgetUnconfirmed(long told)
    {
        lock (_lock)
        {
            // An answer to this gateway that is older, and of which the watch has not told, is of a topic that is gone.
            _watched = Math.Max(_watched, told);
            foreach (var (id, revision) in _unconfirmed ?? [])
            {
                if (revision <= told)
                    RemoveCore(id);
            }
            _unconfirmed = null;
        }
    }

    private void PutCore(Topic topic)
    {
        // Verifiers of passwords lie there: for clients there is no such topic.
        if (topic.Name == UserStore.Topic)
            return;
        _unconfirmed?.Remove(topic.Id);
        if (_byName.TryGetValue((topic.Namespace, topic.Name), out var known))
        {
            if (known.Revision > topic.Revision)
                return;
            _byId.Remove(known.Id);
        }
        _byName[(topic.Namespace, topic.Name)] = topic;
        _byId[topic.Id] = topic;
        _version++;
    }

    private void RemoveCore(Guid id)
    {
        if (!_byId.Remove(id, out var known))
            return;
        _version++;
        if (_byName.TryGetValue((known.Namespace, known.Name), out var named) && named.Id == id)
            _byName.Remove((known.Namespace, known.Name));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The topic watch ended; topics no longer change")]
    private static partial void LogWatchFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage-node does not say who it is: {Code}")]
    private static partial void LogNotIdentified(ILogger logger, ErrorCode code);
}
