using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// The logs of the node, by name for callers and by id for replicated operations. Logs of an engine that knows what is due by itself (<see cref="IDueLogs"/>) are opened when
/// somebody asks for them and closed when nobody has for a while, so that a topic at rest costs its entry here and nothing else.
/// </summary>
internal sealed class LogTable(IReadOnlyDictionary<EngineKind, ILogEngine> engines, StorageOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Opening reads what is stored: a log that cannot be opened is not tried for every call.</summary>
    private static readonly TimeSpan OpenAgainAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<TopicPartition, LogPartition> _byName = new();
    private readonly ConcurrentDictionary<LogId, LogPartition> _byId = new();
    private readonly ConcurrentDictionary<(Namespace, TopicName), Topic> _topics = new();
    private readonly ConcurrentDictionary<Guid, Topic> _topicsById = new();
    private readonly ConcurrentDictionary<LogId, (string Why, long AtTimestamp)> _unopened = new();
    private readonly Lock _opening = new();
    private readonly RocksDbDelays? _delays = engines.GetValueOrDefault(EngineKind.RocksDb) is RocksDbLogEngine engine ? engine.Delays : null;

    /// <summary>Logs that are open at present.</summary>
    public int OpenCount => _byId.Count;

    /// <summary>Logs of topics that callers can find, open or not.</summary>
    public int Count => _topics.Sum(entry => entry.Value.Spec.Partitions);

    /// <summary>Logs that could not be opened when they were asked for last, and why.</summary>
    public IEnumerable<(LogId Log, string Why)> Unopened => _unopened.Select(static entry => (entry.Key, entry.Value.Why));

    /// <summary>Open ones.</summary>
    public IEnumerable<LogPartition> All => _byId.Select(entry => entry.Value);

    /// <summary>Of open logs.</summary>
    public long SizeBytes => _byId.Sum(entry => entry.Value.Log.SizeBytes);

    /// <summary>Finds a log of a topic whose time is not over.</summary>
    public bool TryGet(TopicPartition name, [MaybeNullWhen(false)] out LogPartition partition)
    {
        if (_byName.TryGetValue(name, out partition) && !partition.IsClosed)
        {
            partition.Touch();
            return !IsExpired(partition.Topic);
        }
        return _topics.TryGetValue((name.Namespace, name.Topic), out var topic) && !IsExpired(topic) && TryOpen(topic, name.Partition, out partition);
    }

    /// <summary>Finds a log whatever the clock says: an operation carries its own time.</summary>
    public bool TryGet(LogId id, [MaybeNullWhen(false)] out LogPartition partition)
    {
        if (_byId.TryGetValue(id, out partition) && !partition.IsClosed)
        {
            partition.Touch();
            return true;
        }
        return _topicsById.TryGetValue(id.Topic, out var topic) && TryOpen(topic, id.Partition, out partition);
    }

    /// <summary>A log that is open at present.</summary>
    public LogPartition? FindOpen(LogId id) => _byId.TryGetValue(id, out var partition) && !partition.IsClosed ? partition : null;

    /// <summary>Whether a log is one of the node's, open or not.</summary>
    public bool Knows(LogId id) => _topicsById.TryGetValue(id.Topic, out var topic) && (uint)id.Partition < topic.Spec.Partitions;

    /// <summary>Why a log was not found: there is none, or it is there and cannot be opened.</summary>
    public ErrorCode WhyNot(TopicPartition name) =>
        _topics.TryGetValue((name.Namespace, name.Topic), out var topic) && !IsExpired(topic) && (uint)name.Partition < topic.Spec.Partitions
            ? ErrorCode.DiskFailure
            : ErrorCode.NotFound;

    /// <summary>Why no record can wait for its time where none can: the node keeps nothing, or the database is damaged that would keep it.</summary>
    public ErrorCode WhyNothingWaits => engines.GetValueOrDefault(EngineKind.RocksDb) is DamagedLogEngine ? ErrorCode.DiskFailure : ErrorCode.Unsupported;

    /// <summary>Logs of this engine are opened when they are asked for.</summary>
    public bool IsOpenedOnDemand(Topic topic) => engines[topic.Spec.Engine] is IDueLogs;

    /// <summary>Opens the logs of a topic that are not open yet. Callers cannot find them before <see cref="Announce"/>.</summary>
    /// <exception cref="StorageException">A stored log cannot be used.</exception>
    public async ValueTask<LogPartition[]> OpenAsync(Topic topic)
    {
        var partitions = new LogPartition[topic.Spec.Partitions];
        for (var i = 0; i < partitions.Length; i++)
        {
            var id = new LogId(topic.Id, i);
            // Those of a topic that callers know may be asked for at this moment.
            if (engines[topic.Spec.Engine].IsPersistent && _topicsById.ContainsKey(topic.Id))
                partitions[i] = OpenHere(topic, i);
            else if (_byId.TryGetValue(id, out var partition) && !partition.IsClosed)
                partitions[i] = partition;
            else
                _byId[id] = partitions[i] = await OpenAsync(topic, i).ConfigureAwait(false);
        }
        return partitions;
    }

    /// <summary>As <see cref="OpenAsync(Topic)"/>; a log whose disk refuses is left, and opened when it is asked for: the others must not wait for it.</summary>
    /// <exception cref="StorageException">A stored log is of a newer version.</exception>
    public async ValueTask OpenThoseThatCanBeAsync(Topic topic)
    {
        for (var i = 0; i < topic.Spec.Partitions; i++)
        {
            var id = new LogId(topic.Id, i);
            try
            {
                _byId[id] = await OpenAsync(topic, i).ConfigureAwait(false);
            }
            catch (StorageException refusal) when (refusal.Code == ErrorCode.DiskFailure)
            {
                _unopened[id] = (refusal.Message, time.GetTimestamp());
            }
        }
    }

    /// <summary>Lets callers find the logs of a topic, and tells open ones of its present configuration.</summary>
    /// <param name="before">What the topic was; null for one that is new here.</param>
    public void Announce(Topic topic, Topic? before)
    {
        // A closed log, too, must learn of another age to keep its records for: when they are due changes.
        var mustOpen = before is not null && before.Spec.Retention != topic.Spec.Retention && IsOpenedOnDemand(topic);
        // Nobody opens one meanwhile for the topic as it was.
        lock (_opening)
        {
            _topics[(topic.Namespace, topic.Name)] = topic;
            _topicsById[topic.Id] = topic;
            for (var i = 0; i < topic.Spec.Partitions; i++)
            {
                if (!_byId.TryGetValue(new LogId(topic.Id, i), out var partition) && !(mustOpen && TryOpenHere(before!, i, out partition)))
                    continue;
                if (partition.Topic != topic)
                    partition.Configure(topic);
                _byName[partition.Name] = partition;
            }
        }
    }

    /// <summary>Closes the logs of a topic, which nobody finds from now on.</summary>
    public async ValueTask CloseAsync(Topic topic)
    {
        var closed = new List<LogPartition>();
        lock (_opening)
        {
            _topics.TryRemove(KeyValuePair.Create((topic.Namespace, topic.Name), _topicsById.GetValueOrDefault(topic.Id) ?? topic));
            _topicsById.TryRemove(topic.Id, out _);
            for (var i = 0; i < topic.Spec.Partitions; i++)
            {
                _unopened.TryRemove(new LogId(topic.Id, i), out _);
                if (!_byId.TryRemove(new LogId(topic.Id, i), out var partition))
                    continue;
                _byName.TryRemove(KeyValuePair.Create(partition.Name, partition));
                closed.Add(partition);
            }
        }
        foreach (var partition in closed)
        {
            try
            {
                await partition.DisposeAsync().ConfigureAwait(false);
            }
            catch (StorageException)
            {
                // What could not be brought to the disk is about to be removed from it.
            }
        }
    }

    /// <summary>Closes logs that were opened on demand and that nobody has asked for since some calls of this, more of them where too many are open.</summary>
    public void CloseIdle()
    {
        var tooMany = _byId.Count - options.OpenLogsMax;
        foreach (var (id, partition) in _byId)
        {
            if (!_topicsById.TryGetValue(id.Topic, out var topic) || !IsOpenedOnDemand(topic))
                continue;
            if (partition.CountIdle() < (tooMany > 0 ? 1 : options.IdleLogTicks))
                continue;
            lock (_opening)
            {
                if (!partition.TryRetire())
                    continue;
                _byId.TryRemove(KeyValuePair.Create(id, partition));
                _byName.TryRemove(KeyValuePair.Create(partition.Name, partition));
            }
            tooMany--;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _topics.Clear();
        _topicsById.Clear();
        foreach (var partition in All)
        {
            try
            {
                await partition.DisposeAsync().ConfigureAwait(false);
            }
            catch (StorageException)
            {
                // The log has reported why it takes no more; the others are closed all the same.
            }
        }
        _byName.Clear();
        _byId.Clear();
    }

    private bool IsExpired(Topic topic) => topic.Spec.ExpiresAtMs != 0 && topic.IsExpiredAt(time.GetUtcNow().ToUnixTimeMilliseconds());

    private bool TryOpen(Topic topic, int partitionIndex, [MaybeNullWhen(false)] out LogPartition partition)
    {
        partition = null;
        if ((uint)partitionIndex >= topic.Spec.Partitions || !engines[topic.Spec.Engine].IsPersistent)
            return false;
        var id = new LogId(topic.Id, partitionIndex);
        if (_unopened.TryGetValue(id, out var last) && time.GetElapsedTime(last.AtTimestamp) < OpenAgainAfter)
            return false;
        lock (_opening)
            return _topicsById.TryGetValue(topic.Id, out var present) && TryOpenHere(present, partitionIndex, out partition);
    }

    private bool TryOpenHere(Topic topic, int partitionIndex, [MaybeNullWhen(false)] out LogPartition partition)
    {
        var id = new LogId(topic.Id, partitionIndex);
        try
        {
            partition = OpenHere(topic, partitionIndex);
            _unopened.TryRemove(id, out _);
            _byName[partition.Name] = partition;
            return true;
        }
        catch (StorageException refusal)
        {
            // Callers learn it from WhyNot.
            _unopened[id] = (refusal.Message, time.GetTimestamp());
            partition = null;
            return false;
        }
    }

    /// <summary>Opens a log of an engine that opens at once, unless it is open: no log may be open twice, whoever wants it at the same moment.</summary>
    /// <exception cref="StorageException">The stored log cannot be used.</exception>
    private LogPartition OpenHere(Topic topic, int partitionIndex)
    {
        var id = new LogId(topic.Id, partitionIndex);
        lock (_opening)
        {
            if (_byId.TryGetValue(id, out var partition) && !partition.IsClosed)
                return partition;
            var opening = OpenAsync(topic, partitionIndex);
            if (!opening.IsCompleted)
                throw new InvalidOperationException("A log that is opened on demand is opened at once.");
            return _byId[id] = opening.GetAwaiter().GetResult();
        }
    }

    private async ValueTask<LogPartition> OpenAsync(Topic topic, int partitionIndex)
    {
        var engine = engines[topic.Spec.Engine];
        var log = await engine.OpenAsync(new LogId(topic.Id, partitionIndex), LogPartition.OptionsOf(topic)).ConfigureAwait(false);
        try
        {
            var partition = new LogPartition(topic, partitionIndex, log, engine.IsPersistent, options, engine is IDueLogs, engine.Kind == EngineKind.Segment);
            await partition.RestoreAsync(time.GetUtcNow().ToUnixTimeMilliseconds()).ConfigureAwait(false);
            if (_delays is not null)
                partition.RestoreDelayed(_delays);
            return partition;
        }
        catch
        {
            await CloseUnusedAsync(log).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes a log whose partition never came to be, without a word of the partition's: what it knows is incomplete. The next try opens the log anew, and no log may be open twice.</summary>
    private static async ValueTask CloseUnusedAsync(ILog log)
    {
        try
        {
            await log.DisposeAsync().ConfigureAwait(false);
        }
        catch (StorageException)
        {
            // Why it could not be opened says more.
        }
    }
}
