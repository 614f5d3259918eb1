using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Subjects;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Nodes;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Topics;

/// <summary>
/// The node's topics: their names, the subjects they own, and what changes about them. A change is proposed to the replication group, which decides and makes it durable;
/// it is then put in force (logs opened or removed, records taken over, routing switched, watches told) in the order of revisions. Outcomes are <see cref="ErrorCode"/>s.
/// </summary>
public sealed partial class TopicCatalog : IAsyncDisposable
{
    /// <summary>Changes under way at once; callers beyond wait.</summary>
    private const int ChangesMax = 1024;

    private readonly Dictionary<(Namespace, TopicName), Topic> _topics = [];
    private readonly Dictionary<Namespace, SubjectTrie<Topic>> _routes = [];
    private readonly Dictionary<Namespace, Task<ErrorCode>> _namespacesUnderWay = [];
    private readonly List<Topic> _matches = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _changesUnderWay = new(ChangesMax);
    private readonly Channel<TopicChange> _applied = Channel.CreateBounded<TopicChange>(ChangesMax * 2);
    private readonly TopicRules _rules;
    private readonly LogTable _logs;
    private readonly IReadOnlyDictionary<EngineKind, ILogEngine> _engines;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private ChangeFeed<TopicEvent> _feed = new(1, 0);
    private IReplicationGroup _group = null!;
    private Takeover _takeover = null!;
    private TopicDrops? _drops;
    private Func<Topic, bool, ValueTask> _changed = static (_, _) => ValueTask.CompletedTask;
    private Func<Topic, ValueTask> _gone = static _ => ValueTask.CompletedTask;
    private int _expiring;
    private Task _loop = Task.CompletedTask;

    internal TopicCatalog(
        TopicRules rules, LogTable logs, IReadOnlyDictionary<EngineKind, ILogEngine> engines, StorageOptions options, TimeProvider time, ILogger logger)
    {
        _rules = rules;
        _logs = logs;
        _engines = engines;
        _options = options;
        _time = time;
        _logger = logger;
    }

    /// <summary>Of the last change that is in force.</summary>
    public long Revision => _feed.Revision;

    public int Count
    {
        get
        {
            lock (_lock)
                return _topics.Count;
        }
    }

    /// <summary>Topics that are gone and of which something may be left on disk.</summary>
    internal int RemovalsUnderWay => _drops?.Count ?? 0;

    /// <summary>
    /// Creates a topic: its filters must not share subjects with another topic of its namespace. What <see cref="TopicName.Durable"/> and <see cref="TopicName.Live"/> still hold for them is in the topic
    /// when this completes. A topic of that name: <see cref="ErrorCode.AlreadyExists"/>, with the topic.
    /// </summary>
    public async ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken = default)
    {
        var (complete, error, message) = _rules.ForCreation(spec, NowMs);
        if (complete is null)
            return new TopicResult(error, null, message);
        if (Count >= _options.TopicsMax)
            return new TopicResult(ErrorCode.LimitExceeded, null, $"this node holds {_options.TopicsMax} topics at most");
        error = await EnsureNamespaceAsync(spec.Namespace, cancellationToken).ConfigureAwait(false);
        return error != ErrorCode.None
            ? new TopicResult(error, null, $"namespace {spec.Namespace} cannot be used")
            : await ChangeAsync(new CreateTopic(complete, Guid.NewGuid(), NowMs, _takeover.HasDurable(complete)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Changes a topic to a spec. Left out, engine, partitions, filters, durability and largest batch stay as they are; retention and labels are replaced.</summary>
    /// <param name="expectedRevision">0: whatever it is.</param>
    public async ValueTask<TopicResult> UpdateAsync(TopicSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default)
    {
        if (Find(spec.Namespace, spec.Name) is not { } present)
            return new TopicResult(ErrorCode.NotFound, null, $"no topic {spec.Name}");
        var (complete, error, message) = _rules.ForUpdate(spec, present.Spec);
        return complete is null
            ? new TopicResult(error, null, message)
            : await ChangeAsync(new UpdateTopic(complete, expectedRevision), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes a topic and its records. <see cref="TopicName.Live"/> stays: <see cref="ErrorCode.Unsupported"/>.</summary>
    public async ValueTask<ErrorCode> DeleteAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default)
    {
        if (name == TopicName.Live || name == TopicName.Durable)
            return ErrorCode.Unsupported;
        if (Find(ns, name) is null)
            return ErrorCode.NotFound;
        return (await ChangeAsync(new DeleteTopic(ns, name), cancellationToken).ConfigureAwait(false)).Error;
    }

    public async ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default)
    {
        if (Find(ns, name) is { } topic)
            return new TopicResult(ErrorCode.None, topic);
        if (name != TopicName.Live && (name != TopicName.Durable || _rules.DurableSpec(ns) is null))
            return new TopicResult(ErrorCode.NotFound, null, $"no topic {name}");
        var error = await EnsureNamespaceAsync(ns, cancellationToken).ConfigureAwait(false);
        return Find(ns, name) is { } made ? new TopicResult(error, made) : new TopicResult(error == ErrorCode.None ? ErrorCode.Unavailable : error, null);
    }

    /// <summary>The one topic that owns a subject; <see cref="TopicName.Live"/> owns what no other does.</summary>
    public async ValueTask<TopicResult> GetBySubjectAsync(Namespace ns, Subject subject, CancellationToken cancellationToken = default)
    {
        if (subject.Value.Length == 0)
            return new TopicResult(ErrorCode.InvalidArgument, null, "a subject is not empty");
        return Route(ns, Encoding.UTF8.GetBytes(subject.Value)) is { } owner
            ? new TopicResult(ErrorCode.None, owner)
            : await GetAsync(ns, TopicName.Live, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="ns">Null: every namespace.</param>
    /// <returns>In order of namespace and name.</returns>
    public ValueTask<IReadOnlyList<Topic>> ListAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) =>
        new(Snapshot(ns, includeInternal).Topics);

    /// <summary>
    /// From revision 0: the topics as they are, then <see cref="TopicEventKind.CaughtUp"/>, then every change. From a later one: the changes behind it, then the same. A watch
    /// whose changes are no longer kept begins again with <see cref="TopicEventKind.Reset"/>. Ends by cancellation and when the node drains.
    /// </summary>
    public async IAsyncEnumerable<TopicEvent> WatchAsync(
        Namespace? ns, bool includeInternal, long fromRevision = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var changes = new List<(long Revision, TopicEvent Change)>();
        var caughtUp = false;
        var at = fromRevision;
        while (true)
        {
            changes.Clear();
            var isKnown = _feed.TryRead(at, changes, out var more);
            if (!isKnown || (at == 0 && !caughtUp))
            {
                if (at != 0 || caughtUp)
                    yield return new TopicEvent(TopicEventKind.Reset, null, at);
                var (topics, revision) = Snapshot(ns, includeInternal);
                foreach (var topic in topics)
                    yield return new TopicEvent(TopicEventKind.Put, topic, topic.Revision);
                yield return new TopicEvent(TopicEventKind.CaughtUp, null, revision);
                (at, caughtUp) = (revision, true);
                continue;
            }
            foreach (var (revision, change) in changes)
            {
                at = revision;
                if (IsSeen(change.Topic!, ns, includeInternal))
                    yield return change;
            }
            if (!caughtUp)
                yield return new TopicEvent(TopicEventKind.CaughtUp, null, at);
            caughtUp = true;
            if (_feed.IsClosed)
                yield break;
            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops putting changes in force. The group has stopped before, so none is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        _applied.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        if (_drops is not null)
            await _drops.DisposeAsync().ConfigureAwait(false);
        _feed.Close();
        _changesUnderWay.Dispose();
    }

    /// <summary>Begins with the topics that were applied before this start, whose logs are opened here.</summary>
    internal async ValueTask StartAsync(IReplicationGroup group, TopicState state)
    {
        _group = group;
        _takeover = new Takeover(_logs, group, _options, _time, _logger);
        _feed = new ChangeFeed<TopicEvent>(_options.WatchHistory, state.Revision);
        // The group has nothing to apply yet, so its state stands still.
        Topic[] topics = [.. state.Topics];
        HashSet<Guid> takingOver = [.. state.TakingOver];
        DroppedRecord[] dropped = [.. state.Dropped];
        foreach (var topic in topics)
        {
            if (!_logs.IsOpenedOnDemand(topic))
                await _logs.OpenThoseThatCanBeAsync(topic).ConfigureAwait(false);
            if (takingOver.Contains(topic.Id))
                continue;
            _logs.Announce(topic, before: null);
            Put(topic);
        }
        foreach (var topic in topics)
        {
            if (!takingOver.Contains(topic.Id))
                continue;
            await _logs.OpenAsync(topic).ConfigureAwait(false);
            await _takeover.ResumeAsync(topic).ConfigureAwait(false);
            _logs.Announce(topic, before: null);
            Put(topic);
        }
        _drops = new TopicDrops(_engines, group, _logger);
        foreach (var record in dropped)
            _drops.Add(record);
        _loop = Task.Run(PutInForceAsync);
    }

    /// <summary>Ends topics whose time is over: they are gone for every call already, and go from disk now.</summary>
    internal async Task ExpireAsync(long nowMs)
    {
        while (Volatile.Read(ref _expiring) > 0)
        {
            var outcome = await _group.ProposeOneAsync(new ExpireTopics(nowMs, NodeState.ExpireTopicsMax)).ConfigureAwait(false);
            if (outcome.Value is not TopicsExpired { Changes.Count: > 0 } expired)
                return;
            foreach (var change in expired.Changes)
                await change.InForce.ConfigureAwait(false);
        }
    }

    /// <summary>Somebody who must have seen a change before it counts as in force.</summary>
    /// <param name="changed">The topic as it is now, and whether it is new.</param>
    internal void Follow(Func<Topic, bool, ValueTask> changed, Func<Topic, ValueTask> gone) => (_changed, _gone) = (changed, gone);

    /// <summary>A change is durable. Called by the group's thread, in order; never blocks.</summary>
    internal void OnApplied(TopicChange change)
    {
        if (!_applied.Writer.TryWrite(change))
            change.SetInForce();
    }

    /// <summary>Brings a namespace into being: its <see cref="TopicName.Live"/>.</summary>
    internal ValueTask<ErrorCode> EnsureNamespaceAsync(Namespace ns, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_topics.ContainsKey((ns, TopicName.Live)) && (_topics.ContainsKey((ns, TopicName.Durable)) || _rules.DurableSpec(ns) is null))
                return new ValueTask<ErrorCode>(ErrorCode.None);
            if (!_namespacesUnderWay.TryGetValue(ns, out var creation))
            {
                if (_routes.Count + _namespacesUnderWay.Count >= _options.NamespacesMax)
                    return new ValueTask<ErrorCode>(ErrorCode.LimitExceeded);
                _namespacesUnderWay.Add(ns, creation = CreateNamespaceAsync(ns));
            }
            return new ValueTask<ErrorCode>(creation.WaitAsync(cancellationToken));
        }
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<ErrorCode> CreateNamespaceAsync(Namespace ns)
    {
        await Task.Yield();
        try
        {
            var error = await CreateOwnAsync(_rules.LiveSpec(ns)).ConfigureAwait(false);
            return error == ErrorCode.None && _rules.DurableSpec(ns) is { } durable ? await CreateOwnAsync(durable).ConfigureAwait(false) : error;
        }
        finally
        {
            lock (_lock)
                _namespacesUnderWay.Remove(ns);
        }
    }

    private async Task<ErrorCode> CreateOwnAsync(TopicSpec spec)
    {
        var created = await ChangeAsync(new CreateTopic(spec, Guid.NewGuid(), NowMs), CancellationToken.None).ConfigureAwait(false);
        return created.Error == ErrorCode.AlreadyExists ? ErrorCode.None : created.Error;
    }

    private async Task<TopicResult> ChangeAsync(Operation operation, CancellationToken cancellationToken)
    {
        await _changesUnderWay.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var outcome = await _group.ProposeOneAsync(operation).ConfigureAwait(false);
            var change = outcome.Value as TopicChange;
            if (outcome.Error == ErrorCode.None && await change!.InForce.ConfigureAwait(false) is var refusal and not ErrorCode.None)
                return new TopicResult(refusal, null, "its logs cannot be opened");
            return new TopicResult(outcome.Error, change?.After, outcome.Message);
        }
        finally
        {
            _changesUnderWay.Release();
        }
    }

    private async Task PutInForceAsync()
    {
        await foreach (var change in _applied.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var outcome = ErrorCode.None;
            try
            {
                await PutInForceAsync(change).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                LogNotInForce((change.After ?? change.Before!).Name, error);
                if (change is { Before: null, After: { } topic } && error is StorageException refusal)
                {
                    outcome = refusal.Code;
                    // Its turn comes behind this change.
                    _ = _group.ProposeOneAsync(new DeleteTopic(topic.Namespace, topic.Name));
                }
            }
            change.SetInForce(outcome);
        }
    }

    private async ValueTask PutInForceAsync(TopicChange change)
    {
        if (change.After is { } topic)
        {
            try
            {
                await TakeOverAsync(topic, change.Before).ConfigureAwait(false);
            }
            catch (StorageException error) when (change.Before is not null)
            {
                // The topic is as it was asked for; logs of it that cannot be opened now are opened when they are asked for.
                LogNotInForce(topic.Name, error);
            }
            _logs.Announce(topic, change.Before);
            Put(topic, change.Before);
            _feed.Add(change.Revision, new TopicEvent(TopicEventKind.Put, topic, change.Revision));
            await _changed(topic, change.Before is null).ConfigureAwait(false);
            return;
        }
        Remove(change.Before!);
        _feed.Add(change.Revision, new TopicEvent(TopicEventKind.Deleted, change.Before, change.Revision));
        await _gone(change.Before!).ConfigureAwait(false);
        await _logs.CloseAsync(change.Before!).ConfigureAwait(false);
        _drops!.Add(new DroppedRecord(change.Before!.Id, change.Before.Spec.Engine, change.Before.Spec.Partitions));
    }

    private async ValueTask TakeOverAsync(Topic topic, Topic? before)
    {
        var takesOver = Takeover.IsNeeded(topic.Spec) && (before is null || !before.Spec.Filters.SequenceEqual(topic.Spec.Filters));
        if (!takesOver && _logs.IsOpenedOnDemand(topic))
            return;
        var partitions = await _logs.OpenAsync(topic).ConfigureAwait(false);
        if (takesOver)
            await _takeover.RunAsync(topic, partitions, isNew: before is null).ConfigureAwait(false);
    }

    private void Put(Topic topic, Topic? before = null)
    {
        lock (_lock)
        {
            if (before is not null)
                RemoveRoutes(before);
            else if (topic.Spec.ExpiresAtMs != 0)
                _expiring++;
            _topics[(topic.Namespace, topic.Name)] = topic;
            if (!_routes.TryGetValue(topic.Namespace, out var routes))
                _routes.Add(topic.Namespace, routes = new SubjectTrie<Topic>());
            foreach (var filter in topic.Spec.Filters)
                routes.Add(Encoding.UTF8.GetBytes(filter.Value), topic);
        }
    }

    private void Remove(Topic topic)
    {
        lock (_lock)
        {
            if (_topics.Remove((topic.Namespace, topic.Name)) && topic.Spec.ExpiresAtMs != 0)
                _expiring--;
            RemoveRoutes(topic);
        }
    }

    private void RemoveRoutes(Topic topic)
    {
        if (!_routes.TryGetValue(topic.Namespace, out var routes))
            return;
        foreach (var filter in topic.Spec.Filters)
            routes.Remove(Encoding.UTF8.GetBytes(filter.Value), topic);
    }

    internal Topic? Find(Namespace ns, TopicName name)
    {
        lock (_lock)
            return _topics.GetValueOrDefault((ns, name)) is { } topic && !IsOver(topic) ? topic : null;
    }

    private Topic? Route(Namespace ns, byte[] subject)
    {
        lock (_lock)
        {
            _matches.Clear();
            if (_routes.TryGetValue(ns, out var routes))
                routes.Match(subject, _matches);
            return _matches.Count == 0 || IsOver(_matches[0]) ? null : _matches[0];
        }
    }

    private (IReadOnlyList<Topic> Topics, long Revision) Snapshot(Namespace? ns, bool includeInternal)
    {
        lock (_lock)
        {
            Topic[] topics = [.. _topics.Values.Where(topic => IsSeen(topic, ns, includeInternal) && !IsOver(topic))];
            Array.Sort(topics, (left, right) =>
            {
                var byNamespace = string.CompareOrdinal(left.Namespace.Value, right.Namespace.Value);
                return byNamespace != 0 ? byNamespace : string.CompareOrdinal(left.Name.Value, right.Name.Value);
            });
            return (topics, _feed.Revision);
        }
    }

    private bool IsOver(Topic topic) => topic.Spec.ExpiresAtMs != 0 && topic.IsExpiredAt(NowMs);

    private static bool IsSeen(Topic topic, Namespace? ns, bool includeInternal) =>
        (ns is null || topic.Namespace == ns) && (includeInternal || !topic.Name.IsInternal);

    [LoggerMessage(Level = LogLevel.Error, Message = "A change of topic {Topic} could not be put in force")]
    private partial void LogNotInForce(TopicName topic, Exception error);
}
