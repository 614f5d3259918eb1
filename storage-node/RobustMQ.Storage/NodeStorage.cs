using System.Reflection;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Consumers.Offsets;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Memory;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Leases;
using RobustMQ.Storage.Live;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Nodes;
using RobustMQ.Storage.Producers;
using RobustMQ.Storage.Replication;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage;

/// <summary>Everything that one storage-node keeps, as a library: the gRPC services and the embedded adapter stand directly on it.</summary>
public sealed class NodeStorage : IAsyncDisposable
{
    /// <summary>Name of the meter with what a node counts.</summary>
    public const string MeterName = StorageMetrics.MeterName;

    private readonly IMetadataStore _metadata;
    private readonly IReadOnlyDictionary<EngineKind, ILogEngine> _engines;
    private readonly LogTable _logTable;
    private readonly LocalGroup _group;
    private readonly RetentionLoop _retention;
    private readonly RocksDbDelays? _delays;
    private readonly DelayLoop? _delayLoop;
    private readonly ConsumerJournal _journal;
    private readonly StorageMetrics _metrics;
    private readonly HealthBoard _health;
    private readonly TimeProvider _time;
    private readonly long _started;
    private DataLock? _dataLock;
    private int _disposed;

    private NodeStorage(NodeParts parts, StorageOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _metadata = parts.Metadata;
        _engines = parts.Engines;
        _logTable = parts.LogTable;
        _group = parts.Group;
        _metrics = parts.Metrics;
        _health = parts.Health;
        _time = time;
        _started = time.GetTimestamp();
        Options = options;
        Identity = parts.Identity;
        Topics = parts.Topics;
        Leases = parts.Leases;
        Producers = new ProducerIds(_group);
        Live = new LiveHub(Identity.Incarnation, options, _metrics, new Random(), time, loggers.CreateLogger<LiveHub>());
        _delays = parts.Delays;
        _delayLoop = _delays is null ? null : new DelayLoop(_delays, _group, Live, _metrics, time, loggers.CreateLogger<DelayLoop>());
        Logs = new LogStore(_logTable, Topics, Live, _group, _delayLoop, _metrics, options, time);
        _journal = parts.Journal;
        foreach (var (offsets, at, bytes) in parts.Consumers.Groups)
            _journal.Loaded(offsets, at, bytes);
        Offsets = new OffsetGroups(_journal, options, time, parts.Consumers.Groups.Select(static group => group.Offsets));
        var consumerMetrics = new ConsumerMetrics();
        consumerMetrics.Observe(_metrics);
        var environment = new ConsumerEnvironment(_logTable, Topics, _journal, options, consumerMetrics, time, loggers.CreateLogger<ConsumerTable>());
        Consumers = new ConsumerTable(environment, Logs, new LogLinks(_logTable, _group, options), parts.Consumers);
        Topics.Follow(FollowAsync, ForgetAsync);
        _journal.Start([.. parts.Consumers.Groups.Select(static group => group.Offsets), .. Consumers.All]);
        _retention = new RetentionLoop(_logTable, Topics, _engines.Values, _group, options, time, loggers.CreateLogger<RetentionLoop>());
        Observe();
    }

    /// <summary>Appending, reading, offsets, deleting.</summary>
    public LogStore Logs { get; }

    public TopicCatalog Topics { get; }

    /// <summary>Live records as they are appended.</summary>
    public LiveHub Live { get; }

    public LeaseTable Leases { get; }

    public ProducerIds Producers { get; }

    /// <summary>Durable readers.</summary>
    public ConsumerTable Consumers { get; }

    /// <summary>Plain offsets by group.</summary>
    public OffsetGroups Offsets { get; }

    public NodeIdentity Identity { get; }

    public StorageOptions Options { get; }

    /// <summary>Records that wait for their time, and records whose topic was gone before it came.</summary>
    internal (long Waiting, long Dropped) Delayed => (_delays?.Records ?? 0, _delays?.Dropped ?? 0);

    /// <summary>Logs that are open at present.</summary>
    internal int OpenLogs => _logTable.OpenCount;

    /// <summary>By stage: identity, metadata, topics, logs, consumers, serving.</summary>
    public NodeHealth Health
    {
        get
        {
            if (_group.Failure is { } failure)
                _health.Set("metadata", false, failure.Message);
            else
                _health.Set("metadata", true, Options.DataDirectory is null ? "in memory" : "open");
            SetLogHealth();
            _health.Set("consumers", _journal.Trouble == ErrorCode.None, _journal.Trouble == ErrorCode.None ? $"{Consumers.Count}, and {Offsets.Count} groups of offsets" : $"cannot be stored: {_journal.Trouble}");
            return _health.Read();
        }
    }

    public NodeStats Stats => new()
    {
        Topics = Topics.Count,
        Logs = _logTable.Count,
        RecordsAppended = _metrics.RecordsAppended,
        BytesAppended = _metrics.BytesAppended,
        BatchesAppended = _metrics.BatchesAppended,
        RecordsRead = _metrics.RecordsRead,
        BytesRead = _metrics.BytesRead,
        LiveRecordsDelivered = _metrics.LiveRecordsDelivered,
        LiveRecordsDropped = _metrics.LiveRecordsDropped,
        Subscribers = Live.SubscriberCount,
        Leases = Leases.Count,
        LogBytes = _logTable.SizeBytes,
        LogSyncs = Io.Syncs,
        LogReads = Io.Reads,
        Uptime = _time.GetElapsedTime(_started),
    };

    /// <summary>Opens a node's data directory, or begins one.</summary>
    /// <exception cref="StorageException">The data cannot be used: damaged, of a newer version, in use by another process, disk failure. Nothing was changed.</exception>
    public static async Task<NodeStorage> OpenAsync(
        StorageOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var dataLock = options.DataDirectory is { } directory ? DataLock.Take(directory) : null;
        try
        {
            if (dataLock is not null)
                DataLock.RefuseUnfinishedRestore(options.DataDirectory!);
            var node = await OpenAsync(options, OpenMetadata(options), time, loggers).ConfigureAwait(false);
            node._dataLock = dataLock;
            return node;
        }
        catch
        {
            dataLock?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Drains: takes no more appends, ends reads and watches that wait, ends live subscriptions, finishes what was proposed, flushes.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _health.Set("serving", false, "draining");
        Logs.Drain();
        Live.Drain();
        if (_delayLoop is not null)
            await _delayLoop.DisposeAsync().ConfigureAwait(false);
        await _retention.DisposeAsync().ConfigureAwait(false);
        await Consumers.DisposeAsync().ConfigureAwait(false);
        await Leases.DisposeAsync().ConfigureAwait(false);
        await _journal.DisposeAsync().ConfigureAwait(false);
        await _group.DisposeAsync().ConfigureAwait(false);
        await Topics.DisposeAsync().ConfigureAwait(false);
        await _logTable.DisposeAsync().ConfigureAwait(false);
        foreach (var engine in _engines.Values)
            await engine.DisposeAsync().ConfigureAwait(false);
        _metadata.Dispose();
        _metrics.Dispose();
        _dataLock?.Dispose();
    }

    internal static async Task<NodeStorage> OpenAsync(
        StorageOptions options, IMetadataStore metadata, ILogEngine[] engines, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            var parts = await NodeParts.OpenAsync(options, metadata, engines, time, loggers).ConfigureAwait(false);
            var node = new NodeStorage(parts, options, time, loggers);
            await node.Consumers.BeginAsync().ConfigureAwait(false);
            return node;
        }
        catch
        {
            metadata.Dispose();
            foreach (var engine in engines)
                await engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal static string Version { get; } =
        typeof(NodeStorage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private async ValueTask FollowAsync(Topic topic, bool isNew)
    {
        if (isNew)
            await Offsets.FollowAsync(topic).ConfigureAwait(false);
        await Consumers.Follower.FollowAsync(topic, isNew).ConfigureAwait(false);
    }

    private async ValueTask ForgetAsync(Topic topic)
    {
        await Consumers.Follower.ForgetAsync(topic).ConfigureAwait(false);
        await Offsets.ForgetAsync(topic).ConfigureAwait(false);
    }

    private EngineIo Io => _engines.Values.Aggregate(default(EngineIo), static (sum, engine) => sum + engine.Io);

    private void SetLogHealth()
    {
        var troubles = _engines.Values.SelectMany(engine => engine.Troubles)
            .Concat(_logTable.Unopened.Select(static unopened => new LogTrouble(unopened.Log, Offset.None, "", unopened.Why))).ToList();
        _health.Set(
            "logs", troubles.Count == 0,
            troubles.Count == 0 ? $"{_logTable.Count}" : $"{troubles.Count} in trouble; first {troubles[0].Log} at offset {troubles[0].At}: {troubles[0].What}");
    }

    private static async Task<NodeStorage> OpenAsync(StorageOptions options, IMetadataStore metadata, TimeProvider time, ILoggerFactory loggers)
    {
        ILogEngine[] engines;
        try
        {
            engines = OpenEngines(options, metadata, loggers);
        }
        catch
        {
            metadata.Dispose();
            throw;
        }
        return await OpenAsync(options, metadata, engines, time, loggers).ConfigureAwait(false);
    }

    private static IMetadataStore OpenMetadata(StorageOptions options) =>
        options.DataDirectory is { } directory ? RocksDbMetadataStore.Open(Path.Combine(directory, "metadata")) : new MemoryMetadataStore();

    private static ILogEngine[] OpenEngines(StorageOptions options, IMetadataStore metadata, ILoggerFactory loggers)
    {
        if (options.DataDirectory is not { } data)
            return [new MemoryLogEngine()];
        IReadOnlyList<string> paths = options.LogDirectories.Count > 0 ? options.LogDirectories : [Path.Combine(data, "segments")];
        DiskDirectory[] directories = [.. paths.Select(static path => new DiskDirectory(Path.GetFullPath(path)))];
        LogDirectories.Check(metadata, directories);
        var settings = new SegmentOptions { SegmentBytes = options.SegmentBytes, OpenFilesMax = options.OpenFilesMax };
        return
        [
            new MemoryLogEngine(),
            RocksDbLogEngine.OpenOrRefuse(Path.Combine(data, "logs"), isNew: metadata.Find(MetadataKeys.Format) is null, loggers.CreateLogger<RocksDbLogEngine>()),
            new SegmentLogEngine(directories, settings, loggers.CreateLogger<SegmentLogEngine>()),
        ];
    }

    private void Observe()
    {
        _metrics.Observe("topics", () => Topics.Count, "{topic}");
        _metrics.Observe("topics.removing", () => Topics.RemovalsUnderWay, "{topic}");
        _metrics.Observe("logs", () => _logTable.Count, "{log}");
        _metrics.Observe("logs.open", () => OpenLogs, "{log}");
        _metrics.Observe("log.bytes", () => _logTable.SizeBytes, "By");
        _metrics.Observe("delayed.records", () => _delays?.Records ?? 0, "{record}");
        _metrics.Observe("delayed.bytes", () => _delays?.Bytes ?? 0, "By");
        _metrics.Count("delayed.records.dropped", () => _delays?.Dropped ?? 0, "{record}");
        _metrics.Count("log.syncs", () => Io.Syncs, "{sync}");
        _metrics.Count("log.reads", () => Io.Reads, "{read}");
        _metrics.Count("log.tail_reads", () => Io.TailReads, "{read}");
        _metrics.Observe("live.subscribers", () => Live.SubscriberCount, "{subscriber}");
        _metrics.Observe("consumers", () => Consumers.Count, "{consumer}");
        _metrics.Observe("offset_groups", () => Offsets.Count, "{group}");
        _metrics.Observe("leases", () => Leases.Count, "{lease}");
    }
}
