using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Engines.Segment.Recovery;

namespace RobustMQ.Storage.Offline;

/// <summary>
/// What a node that does not run has stored, for its operator: which topics and logs there are, whether all of it can be read, and the records themselves. Changes nothing: what a start would
/// repair stays as it is.
/// </summary>
public sealed class StoredNode : IDisposable
{
    private readonly DataPlaces _places;
    private readonly DataLock? _lock;
    private readonly StoredMetadata _metadata;
    private readonly List<IStoredEngine> _engines = [];
    private readonly string? _unreadable;

    /// <exception cref="StorageException">There is no node's data, a node runs on it, it is of a newer version, or it cannot be read.</exception>
    public StoredNode(DataPlaces places)
    {
        ArgumentNullException.ThrowIfNull(places);
        _places = places;
        _lock = DataLock.TakeForReading(places.Data);
        try
        {
            DataLock.RefuseUnfinishedRestore(places.Data);
            _metadata = new StoredMetadata(places.Metadata);
            _engines.Add(new StoredSegments(places.StoredSegments()));
            _unreadable = TryAddLogDatabase();
            Topics = _metadata.ReadTopics();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string NodeId => _metadata.Node.Id.ToString("n");

    /// <summary>Starts of the node so far.</summary>
    public long Incarnation => _metadata.Node.Incarnation;

    public IReadOnlyList<Topic> Topics { get; }

    /// <summary>The logs that are stored, by topic; those of the memory engine are not. A log that cannot be read is left out: a check says why.</summary>
    public IReadOnlyList<StoredLog> ReadLogs()
    {
        var topics = Topics.ToDictionary(static topic => topic.Id);
        var logs = new List<StoredLog>();
        foreach (var (engine, id) in EveryLog())
        {
            try
            {
                logs.Add(engine.Describe(id) with { Topic = topics.GetValueOrDefault(id.Topic) });
            }
            catch (StorageException)
            {
                // A check says why.
            }
        }
        return [.. logs.OrderBy(static log => $"{log.Topic?.Namespace}/{log.Topic?.Name}", StringComparer.Ordinal).ThenBy(static log => log.Id.Topic).ThenBy(static log => log.Id.Partition)];
    }

    /// <summary>Reads everything: every checksum, every index, every snapshot, every entry of the databases.</summary>
    /// <param name="onLog">Told before each log.</param>
    public CheckReport Check(Action<LogId>? onLog = null)
    {
        var report = new CheckReport();
        _metadata.Check(report);
        if (_unreadable is not null)
            report.Damage(_places.LogDatabase, _unreadable);
        foreach (var engine in _engines)
            engine.CheckRest(report);
        var found = new HashSet<LogId>();
        var topics = Topics.Select(static topic => topic.Id).ToHashSet();
        foreach (var (engine, id) in EveryLog())
        {
            onLog?.Invoke(id);
            engine.Check(id, report);
            found.Add(id);
            if (id.Topic == ConsumerJournal.LogTopic)
                JournalCheck.Run(engine, id, report);
            else if (!topics.Contains(id.Topic))
                report.Note(_places.Data, $"log {id} belongs to no topic: its topic's deletion did not come to its end, or its metadata is lost");
        }
        CheckMissing(found, report);
        return report;
    }

    /// <summary>The batches of a log, in order, from the one that holds an offset. Records that were removed and not compacted away yet are in them.</summary>
    /// <exception cref="StorageException">There is no such log, or what follows cannot be read.</exception>
    public IEnumerable<StoredBatch> ReadBatches(LogId log, Offset from)
    {
        foreach (var (engine, id) in EveryLog())
        {
            if (id == log)
                return engine.Read(log, from);
        }
        throw new StorageException(ErrorCode.NotFound, $"there is no log {log}");
    }

    /// <summary>The batches of one segment file.</summary>
    /// <exception cref="StorageException">What follows cannot be read.</exception>
    public static IEnumerable<StoredBatch> ReadSegment(string path)
    {
        var full = Path.GetFullPath(path);
        return StoredSegments.Read(DiskDirectory.ForReading(Path.GetDirectoryName(full)!), Path.GetFileName(full), endsQuietly: false);
    }

    public void Dispose()
    {
        foreach (var engine in _engines)
            engine.Dispose();
        _metadata?.Dispose();
        _lock?.Dispose();
    }

    /// <returns>Why it cannot be read: a check says so, and everything else is looked at all the same.</returns>
    private string? TryAddLogDatabase()
    {
        try
        {
            if (StoredRocksDb.Exists(_places.LogDatabase))
                _engines.Add(new StoredRocksDb(_places.LogDatabase));
            return null;
        }
        catch (StorageException error) when (error.Code == ErrorCode.DiskFailure)
        {
            return error.Message;
        }
    }

    private IEnumerable<(IStoredEngine Engine, LogId Id)> EveryLog() => _engines.SelectMany(static engine => engine.List().Select(id => (engine, id)));

    private void CheckMissing(HashSet<LogId> found, CheckReport report)
    {
        // The rocksdb engine keeps nothing of a log that was never written to.
        foreach (var topic in Topics.Where(static topic => topic.Spec.Engine == EngineKind.Segment))
        {
            for (var partition = 0; partition < topic.Spec.Partitions; partition++)
            {
                if (!found.Contains(new LogId(topic.Id, partition)))
                    report.Note(_places.Data, $"partition {partition} of topic {topic.Namespace}/{topic.Name} has no log: nothing was stored of it, or its directory is not among those that were named");
            }
        }
    }
}
