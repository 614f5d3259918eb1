using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines.Tails;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Keeps logs in one RocksDB: batches by offset and indexes of their records, changed together. Made for topics whose records are found and removed one by one, and for very many
/// topics: a log that nobody uses has no object, no file and no timer of its own.
/// </summary>
internal sealed partial class RocksDbLogEngine : ILogEngine, IDueLogs
{
    private readonly string _directory;
    private readonly RocksDbStore _store;

    /// <param name="tailBytesMax">Memory for the last batches of logs; 0: every read is one of the database.</param>
    /// <exception cref="StorageException">The database cannot be used: damaged, of a newer version, in use by another process, disk failure.</exception>
    public RocksDbLogEngine(string directory, long tailBytesMax = TailMemory.DefaultBytesMax)
    {
        _directory = directory;
        _store = new RocksDbStore(directory, tailBytesMax);
        try
        {
            Delays = new RocksDbDelays(_store);
        }
        catch
        {
            _store.Dispose();
            throw;
        }
    }

    /// <summary>A damaged database refuses its logs, and nobody else's.</summary>
    /// <param name="isNew">There need be none yet.</param>
    /// <exception cref="StorageException">The database cannot be used for another reason, which a later start may not find.</exception>
    public static ILogEngine OpenOrRefuse(string directory, bool isNew, ILogger logger)
    {
        try
        {
            if (!isNew && !RocksDbStore.IsThere(directory))
                throw new StorageException(ErrorCode.DiskFailure, $"'{directory}' had the log database of this node and has none now: is its disk mounted?");
            return new RocksDbLogEngine(directory);
        }
        catch (StorageException error) when (RocksDbStore.IsDamage(error))
        {
            LogDamaged(logger, directory, error);
            return new DamagedLogEngine(EngineKind.RocksDb, directory, error.Message);
        }
    }

    /// <summary>Records that wait for their time, of logs of every engine.</summary>
    public RocksDbDelays Delays { get; }

    public EngineKind Kind => EngineKind.RocksDb;

    public bool IsPersistent => true;

    public IReadOnlyList<LogTrouble> Troubles
    {
        get
        {
            var troubles = new List<LogTrouble>(2);
            if (_store.Trouble is { } trouble)
                troubles.Add(new LogTrouble(default, Offset.None, _directory, trouble));
            if (_store.Damage is { } damage)
                troubles.Add(new LogTrouble(default, Offset.None, _directory, damage));
            return troubles;
        }
    }

    public EngineIo Io => new(_store.Syncs, _store.Reads, _store.Tails.Reads);

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default)
    {
        var key = RocksDbKeys.Of(id, RocksDbKeys.StateKind);
        var stored = _store.Get(key);
        var log = new RocksDbLog(_store, id, options, stored is null ? RocksDbLogState.Empty : RocksDbLogState.Parse(key, stored));
        if (stored is null)
            log.WriteState();
        return new ValueTask<ILog>(log);
    }

    public async ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default)
    {
        Delete(id);
        await _store.SyncAsync().ConfigureAwait(false);
    }

    public bool Has(LogId id) => _store.Get(RocksDbKeys.Of(id, RocksDbKeys.StateKind)) is not null;

    public IReadOnlyList<LogId> List()
    {
        var logs = new List<LogId>();
        using var iterator = _store.Iterate();
        iterator.Seek(RocksDbKeys.Of(RocksDbKeys.Node, RocksDbKeys.EndKind));
        while (_store.IsValid(iterator))
        {
            var log = RocksDbKeys.LogOf(iterator.GetKeySpan());
            // What waits for its time in another engine's log lies in an area without a state.
            if (iterator.GetKeySpan()[RocksDbKeys.LogBytes] == RocksDbKeys.StateKind)
                logs.Add(log);
            iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.EndKind));
        }
        return logs;
    }

    public void FindDue(long nowMs, int countMax, List<LogId> due)
    {
        _store.Probe();
        using var iterator = _store.Iterate(RocksDbKeys.Node);
        iterator.Seek(RocksDbKeys.Of(RocksDbKeys.Node, RocksDbKeys.DueKind));
        for (; due.Count < countMax && _store.IsValid(iterator) && iterator.GetKeySpan()[RocksDbKeys.LogBytes] == RocksDbKeys.DueKind; iterator.Next())
        {
            var (dueMs, log) = RocksDbKeys.ParseDue(iterator.GetKeySpan());
            if (dueMs > nowMs)
                return;
            due.Add(log);
        }
    }

    /// <summary>Brings what was only written to the device, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _store.SyncAsync().ConfigureAwait(false);
        }
        catch (StorageException)
        {
            // Appends that wanted to be durable were told.
        }
        _store.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The log database in '{Directory}' is damaged: its logs, consumers and delayed records are refused until it is restored")]
    private static partial void LogDamaged(ILogger logger, string directory, Exception error);

    private void Delete(LogId id)
    {
        // One write: the log is there as it was, or nothing of it.
        using var changes = new WriteBatch();
        var stateKey = RocksDbKeys.Of(id, RocksDbKeys.StateKind);
        if (_store.Get(stateKey) is { } stored && RocksDbLogState.Parse(stateKey, stored).DueMs is var dueMs and not 0)
            changes.Delete(RocksDbKeys.Due(RocksDbKeys.DueKind, dueMs, id));
        var isSmall = _store.Delete(id, stateKey, RocksDbKeys.Of(id, RocksDbKeys.EndKind), changes);
        _store.Write(changes);
        if (!isSmall)
            _store.DropFiles(id);
    }
}
