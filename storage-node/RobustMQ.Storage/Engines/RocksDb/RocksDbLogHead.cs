using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Where a log stands, which may be asked on any thread, and the one way in which its writer changes that: together with what changed, in one write.</summary>
internal sealed class RocksDbLogHead(RocksDbStore store, LogId id, RocksDbLogState state) : IDisposable
{
    private readonly byte[] _key = RocksDbKeys.Of(id, RocksDbKeys.StateKind);
    private RocksDbLogWriter? _writer;
    private volatile RocksDbLogState _state = state;

    public RocksDbLogState State => _state;

    /// <summary>What only a log that changes needs.</summary>
    public RocksDbLogWriter Writer => _writer ??= new RocksDbLogWriter(id);

    public bool HasWriter => _writer is not null;

    /// <exception cref="Records.StorageException">The device refused; everything is as it was.</exception>
    public void Commit(WriteBatch changes, RocksDbLogState state)
    {
        var dueWas = _state.DueMs;
        if (state.DueMs != dueWas)
        {
            if (dueWas != 0)
                changes.Delete(RocksDbKeys.Due(RocksDbKeys.DueKind, dueWas, id));
            if (state.DueMs != 0)
                changes.Put(RocksDbKeys.Due(RocksDbKeys.DueKind, state.DueMs, id), RocksDbKeys.NoValue);
        }
        Span<byte> value = stackalloc byte[RocksDbLogState.Size];
        state.Format(_key, value);
        changes.Put(_key, value);
        store.Write(changes);
        _state = state;
    }

    /// <summary>Follows from what is stored, and is written with the next change.</summary>
    public void SetStart(long start) => _state = _state with { Start = start };

    public void Dispose() => _writer?.Dispose();
}
