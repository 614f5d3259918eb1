using System.Globalization;
using Microsoft.Extensions.Logging;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Tails;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>
/// Keeps logs in segment files, one directory a log: <c>TOPIC-PARTITION/00000000000000000000.log</c> and so on, drawn in docs/formats/segment.md. The <c>.log</c> files are Kafka's, byte for
/// byte. Over several directories (disks) a log stays where it is, and a new one goes where there are fewest.
/// </summary>
internal sealed class SegmentLogEngine : ILogEngine
{
    /// <summary>A log that is being deleted; found at a start, its deletion is finished.</summary>
    internal const string DeletedSuffix = ".deleted";

    private readonly Dictionary<LogId, SegmentStore> _places = [];
    private readonly SegmentStore[] _stores;
    private readonly TailMemory _tails;
    private readonly Lock _lock = new();

    /// <summary>Finds the logs that are there, and finishes deletions that a crash interrupted.</summary>
    /// <exception cref="Records.StorageException">A directory cannot be read.</exception>
    public SegmentLogEngine(IReadOnlyList<IStorageDirectory> roots, SegmentOptions options, ILogger logger)
    {
        _tails = new TailMemory(options.TailBytesMax);
        _stores = [.. roots.Select(root => new SegmentStore(root, options, logger) { Tails = _tails })];
        foreach (var store in _stores)
            Find(store);
    }

    public EngineKind Kind => EngineKind.Segment;

    public bool IsPersistent => true;

    public IReadOnlyList<LogTrouble> Troubles => [.. _stores.SelectMany(store => store.Troubles)];

    public EngineIo Io => _stores.Aggregate(new EngineIo(0, 0, _tails.Reads), static (sum, store) => sum + store.Io.Total);

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default)
    {
        var store = Place(id, out var isNew);
        var directory = store.Root.Open(NameOf(id));
        if (isNew)
            store.Root.Sync();
        return new ValueTask<ILog>(new SegmentLog(store, directory, id, options));
    }

    public async ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default)
    {
        SegmentStore? store;
        lock (_lock)
        {
            if (!_places.Remove(id, out store))
                return;
            store.LogCount--;
        }
        await store.Jobs.SettleAsync().ConfigureAwait(false);
        // From the rename on the log is gone, whatever happens while its files are removed.
        store.Root.RenameDirectory(NameOf(id), NameOf(id) + DeletedSuffix);
        store.Root.Sync();
        store.Root.DeleteDirectory(NameOf(id) + DeletedSuffix);
    }

    public bool Has(LogId id)
    {
        lock (_lock)
            return _places.ContainsKey(id);
    }

    public IReadOnlyList<LogId> List()
    {
        lock (_lock)
            return [.. _places.Keys];
    }

    /// <summary>Completes when nothing is left to seal, delete or compact.</summary>
    public Task SettleAsync() => Task.WhenAll(_stores.Select(store => store.Jobs.SettleAsync()));

    public async ValueTask DisposeAsync()
    {
        await SettleAsync().ConfigureAwait(false);
        foreach (var store in _stores)
            store.Files.Dispose();
    }

    private static string NameOf(LogId id) => id.ToString();

    internal static bool TryParse(string name, out LogId id)
    {
        id = default;
        if (name.Length < 34 || name[32] != '-' || !Guid.TryParseExact(name.AsSpan(0, 32), "n", out var topic)
            || !int.TryParse(name.AsSpan(33), NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
            return false;
        id = new LogId(topic, partition);
        return true;
    }

    private void Find(SegmentStore store)
    {
        foreach (var name in store.Root.ListDirectories())
        {
            if (name.EndsWith(DeletedSuffix, StringComparison.Ordinal))
                store.Root.DeleteDirectory(name);
            else if (TryParse(name, out var id))
                Add(id, store);
        }
    }

    private void Add(LogId id, SegmentStore store)
    {
        _places.Add(id, store);
        store.LogCount++;
    }

    private SegmentStore Place(LogId id, out bool isNew)
    {
        lock (_lock)
        {
            isNew = !_places.TryGetValue(id, out var store);
            if (store is not null)
                return store;
            store = _stores.MinBy(candidate => candidate.LogCount)!;
            Add(id, store);
            return store;
        }
    }
}
