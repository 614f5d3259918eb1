using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Keeps logs in one RocksDB: batches by offset and an index of records by key, changed together. Made for topics whose records are found and removed one by one.</summary>
internal sealed class RocksDbLogEngine(string directory) : ILogEngine
{
    /// <summary>Keys that one step of a log's deletion removes.</summary>
    private const int DeleteStep = 4096;

    private readonly RocksDbStore _store = new(directory);

    public EngineKind Kind => EngineKind.RocksDb;

    public bool IsPersistent => true;

    public IReadOnlyList<LogTrouble> Troubles =>
        _store.Failure is { } failure ? [new LogTrouble(default, Offset.None, directory, failure.Message)] : [];

    public EngineIo Io => new(_store.Syncs, _store.Reads);

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default)
    {
        var key = RocksDbKeys.Of(id, RocksDbKeys.StateKind);
        var stored = _store.Get(key);
        var log = new RocksDbLog(_store, id, options, stored is null ? RocksDbLogState.Empty : RocksDbLogState.Parse(key, stored));
        if (stored is null)
            log.WriteState();
        return new ValueTask<ILog>(log);
    }

    public ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default)
    {
        // The state goes last: what an interrupted deletion leaves is still a log, and is deleted again.
        while (DeleteSome(id))
        {
        }
        using var last = new WriteBatch();
        last.Delete(RocksDbKeys.Of(id, RocksDbKeys.StateKind));
        _store.Write(last);
        return ValueTask.CompletedTask;
    }

    public IReadOnlyList<LogId> List()
    {
        var logs = new List<LogId>();
        using var iterator = _store.Iterate();
        for (iterator.SeekToFirst(); iterator.Valid(); iterator.Seek(RocksDbKeys.Of(logs[^1], RocksDbKeys.EndKind)))
            logs.Add(RocksDbKeys.LogOf(iterator.Key()));
        return logs;
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

    private bool DeleteSome(LogId id)
    {
        var count = 0;
        using var deletes = new WriteBatch();
        using var iterator = _store.Iterate();
        var prefix = RocksDbKeys.Of(id, 0).AsSpan(0, RocksDbKeys.LogBytes);
        for (iterator.Seek(RocksDbKeys.Of(id, RocksDbKeys.BatchKind)); count < DeleteStep && iterator.Valid(); iterator.Next(), count++)
        {
            var key = iterator.Key();
            if (!key.AsSpan().StartsWith(prefix))
                break;
            deletes.Delete(key);
        }
        if (count > 0)
            _store.Write(deletes);
        return count > 0;
    }
}
