using RobustMQ.Records;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>The one database that all logs of the engine share, and the one sync of its write-ahead log that serves everybody who waits.</summary>
internal sealed class RocksDbStore : IDisposable
{
    private readonly RocksDbSharp.RocksDb _db;
    private readonly WriteOptions _unsynced = new WriteOptions().SetSync(false);
    private readonly Lock _lock = new();
    private TaskCompletionSource? _gathering;
    private bool _isSyncing;
    private volatile Exception? _failure;
    private long _syncs;
    private long _reads;

    /// <exception cref="StorageException">The directory cannot be opened, or another process has it open.</exception>
    public RocksDbStore(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            _db = RocksDbSharp.RocksDb.Open(RocksDbTuning.Options(), directory);
        }
        catch (Exception error) when (error is RocksDbException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException(ErrorCode.DiskFailure, $"the log database in '{directory}' cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Why the database takes no more; null while it does.</summary>
    public Exception? Failure => _failure;

    /// <summary>Syncs of the write-ahead log so far.</summary>
    public long Syncs => Interlocked.Read(ref _syncs);

    /// <summary>Reads of batches on behalf of readers so far.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    public void CountRead() => Interlocked.Increment(ref _reads);

    public byte[]? Get(byte[] key) => _db.Get(key);

    public Iterator Iterate() => _db.NewIterator();

    /// <summary>All or nothing, in the operating system's hands when it returns.</summary>
    /// <exception cref="StorageException">The device refused, now or at an earlier sync.</exception>
    public void Write(WriteBatch batch)
    {
        ThrowIfFailed();
        try
        {
            _db.Write(batch, _unsynced);
        }
        catch (RocksDbException error)
        {
            throw new StorageException(ErrorCode.DiskFailure, $"the log database cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Completes when everything that was written before the call is on the device. While one sync runs, all others gather for the next.</summary>
    /// <exception cref="StorageException">The device refused.</exception>
    public async Task SyncAsync()
    {
        Task round;
        lock (_lock)
        {
            _gathering ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            round = _gathering.Task;
            if (!_isSyncing)
            {
                _isSyncing = true;
                ThreadPool.UnsafeQueueUserWorkItem(static store => store.Sync(), this, preferLocal: false);
            }
        }
        await round.ConfigureAwait(false);
        ThrowIfFailed();
    }

    public void Dispose() => _db.Dispose();

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new StorageException(ErrorCode.DiskFailure, $"the log database takes no more until it is opened again: {failure.Message}", failure);
    }

    private void Sync()
    {
        while (true)
        {
            TaskCompletionSource round;
            lock (_lock)
            {
                if (_gathering is null)
                {
                    _isSyncing = false;
                    return;
                }
                round = _gathering;
                _gathering = null;
            }
            try
            {
                Interlocked.Increment(ref _syncs);
                Native.Instance.rocksdb_flush_wal(_db.Handle, 1);
            }
            catch (RocksDbException error)
            {
                _failure ??= error;
            }
            round.SetResult();
        }
    }
}
