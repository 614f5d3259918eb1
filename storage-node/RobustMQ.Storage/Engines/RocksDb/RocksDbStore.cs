using System.Collections.Concurrent;
using System.Diagnostics;
using RobustMQ.Records;
using RobustMQ.Storage.Engines.Tails;
using RobustMQ.Storage.Metadata;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>The one database that all logs of the engine share, and the one sync of its write-ahead log that serves everybody who waits.</summary>
internal sealed class RocksDbStore : ISharedSync, IDisposable
{
    /// <summary>Layout of the keys and values. 1 had no entry that said so.</summary>
    private const byte FormatVersion = 2;

    /// <summary>Write batches that are kept for the next writer.</summary>
    private const int KeptBatchesMax = 8;

    /// <summary>Entries of one deletion that are deleted one by one.</summary>
    private const int SingleDeletesMax = 256;

    /// <summary>What a reader may take for one step, on a disk that hardly answers.</summary>
    private static readonly TimeSpan ReadersMax = TimeSpan.FromSeconds(30);

    private static readonly byte[] FormatKey = RocksDbKeys.Of(RocksDbKeys.Node, RocksDbKeys.FormatKind);

    private readonly RocksDbSharp.RocksDb _db;
    private readonly WriteOptions _unsynced = new WriteOptions().SetSync(false);
    private readonly ReadOptions _reading = new();
    private readonly ConcurrentBag<WriteBatch> _batches = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource? _gathering;
    private bool _isSyncing;
    private bool _isSlow;
    private volatile Exception? _failure;
    private volatile Exception? _refusal;
    private volatile string? _damage;
    private readonly ManualResetEventSlim _unused = new();
    private long _syncs;
    private long _reads;

    /// <summary>Readers that are at the database, from <see cref="int.MinValue"/> on once it is being closed.</summary>
    private int _readers;

    /// <exception cref="StorageException">The directory cannot be opened, another process has it open, or its layout is of another version.</exception>
    public RocksDbStore(string directory, long tailBytesMax)
    {
        Tails = new TailMemory(tailBytesMax);
        try
        {
            Directory.CreateDirectory(directory);
            RocksDbWalCheck.Run(directory);
            _db = RocksDbSharp.RocksDb.Open(RocksDbTuning.Options(), directory);
        }
        catch (Exception error) when (error is RocksDbException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException(ErrorCode.DiskFailure, $"the log database in '{directory}' cannot be opened: {error.Message}", error);
        }
        try
        {
            CheckFormat(directory);
        }
        catch
        {
            _db.Dispose();
            throw;
        }
    }

    /// <summary>Whether a directory has a database.</summary>
    public static bool IsThere(string directory) => File.Exists(Path.Combine(directory, "CURRENT"));

    /// <summary>Whether what is stored is wrong or missing, rather than that the disk refuses: files that were there and are not count as wrong.</summary>
    public static bool IsDamage(StorageException error) =>
        error.Code == ErrorCode.DiskFailure && error.InnerException switch
        {
            null => true,
            RocksDbException cause => !cause.Message.StartsWith("IO error", StringComparison.Ordinal) || cause.Message.Contains("No such file", StringComparison.Ordinal),
            _ => false,
        };

    /// <summary>Why the database takes no more, for good or at present; null while it does.</summary>
    public string? Trouble =>
        _failure is { } failure ? $"takes no more until it is opened again: {failure.Message}" : _refusal?.Message;

    /// <summary>Syncs of the write-ahead log so far.</summary>
    public long Syncs => Interlocked.Read(ref _syncs);

    /// <summary>Reads of batches on behalf of readers so far.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>
    /// What a guest spends on a sync. Where the last one took longer the next is the pool's: a hand-over to another thread is nothing beside it, and the guest's other duties may not wait for a device
    /// that does not answer.
    /// </summary>
    public TimeSpan GuestSyncMax { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Memory for the last batches of logs.</summary>
    public TailMemory Tails { get; }

    public void CountRead() => Interlocked.Increment(ref _reads);

    /// <summary>What could not be read since the database was opened; null while all could.</summary>
    public string? Damage => _damage;

    /// <exception cref="StorageException">What is stored there is damaged.</exception>
    public byte[]? Get(byte[] key)
    {
        Enter();
        try
        {
            return _db.Get(key);
        }
        catch (RocksDbException error)
        {
            throw Damaged(error);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>One entry by its key, without the walk that an iterator prepares for. To be disposed.</summary>
    /// <exception cref="StorageException">What is stored there is damaged.</exception>
    public StoredValue Find(byte[] key)
    {
        Enter();
        try
        {
            return new StoredValue(this, Native.Instance.rocksdb_get_pinned(_db.Handle, _reading.Handle, key, (nuint)key.Length));
        }
        catch (RocksDbException error)
        {
            Leave();
            throw Damaged(error);
        }
    }

    /// <summary>Over the entries of one log only: what lies around it, deleted logs for instance, is not walked over.</summary>
    public StoreIterator Iterate(LogId log)
    {
        Enter();
        return new StoreIterator(this, _db.NewIterator(readOptions: new ReadOptions()
            .SetIterateLowerBound(RocksDbKeys.Of(log, RocksDbKeys.StateKind))
            .SetIterateUpperBound(RocksDbKeys.Of(log, RocksDbKeys.EndKind))));
    }

    public StoreIterator Iterate()
    {
        Enter();
        return new StoreIterator(this, _db.NewIterator());
    }

    /// <summary>Whether an iterator stands on an entry. An iterator that stopped because it could not read is not at the end.</summary>
    /// <exception cref="StorageException">What is stored there is damaged.</exception>
    public bool IsValid(in StoreIterator iterator)
    {
        if (iterator.Valid())
            return true;
        try
        {
            Native.Instance.rocksdb_iter_get_error(iterator.Handle);
        }
        catch (RocksDbException error)
        {
            throw Damaged(error);
        }
        return false;
    }

    /// <summary>An empty batch of changes, which goes back with <see cref="Return"/>.</summary>
    public WriteBatch Rent() => _batches.TryTake(out var batch) ? batch : new WriteBatch();

    public void Return(WriteBatch batch)
    {
        batch.Clear();
        if (_batches.Count < KeptBatchesMax)
            _batches.Add(batch);
        else
            batch.Dispose();
    }

    /// <summary>All or nothing, in the operating system's hands when it returns.</summary>
    /// <exception cref="StorageException">The device refused, now or at an earlier sync.</exception>
    public void Write(WriteBatch batch)
    {
        ThrowIfFailed();
        try
        {
            _db.Write(batch, _unsynced);
            if (_refusal is not null)
                _refusal = null;
        }
        catch (RocksDbException error)
        {
            _refusal = error;
            throw new StorageException(ErrorCode.DiskFailure, $"the log database cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Asks a database that refused a write whether it still does: RocksDB goes on by itself when a full disk has room again.</summary>
    public void Probe()
    {
        if (_refusal is null || _failure is not null)
            return;
        try
        {
            WriteFormat();
        }
        catch (StorageException)
        {
            // It does.
        }
    }

    /// <summary>Completes when everything that was written before the call is on the device. While one sync runs, all others gather for the next.</summary>
    /// <param name="turn">Where the sync is left if nobody runs one at the moment; null: a thread of the pool runs it.</param>
    /// <exception cref="StorageException">The device refused.</exception>
    public async Task SyncAsync(SyncTurn? turn = null)
    {
        Task round;
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_isSyncing;
            _isSyncing = true;
            // Whoever runs its own sync goes on where it is; with others behind it the next sync comes first.
            _gathering ??= new TaskCompletionSource(isFirst && turn is not null ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
            round = _gathering.Task;
        }
        if (isFirst && turn is not null)
            turn.Leave(this);
        else if (isFirst)
            RunElsewhere();
        await round.ConfigureAwait(false);
        ThrowIfFailed();
    }

    public void Run(bool isGuest)
    {
        if (isGuest && Volatile.Read(ref _isSlow))
        {
            RunElsewhere();
            return;
        }
        Sync();
        while (GoesOn())
        {
            if (isGuest)
            {
                RunElsewhere();
                return;
            }
            Sync();
        }
    }

    public void RunElsewhere() => ThreadPool.UnsafeQueueUserWorkItem(static store => store.Run(isGuest: false), this, preferLocal: false);

    /// <summary>Deletes the entries of a log from one key to another, one by one where they are few: many marks of deleted ranges would slow down every read of their neighbours.</summary>
    /// <returns>False where it became a range.</returns>
    public bool Delete(LogId log, byte[] from, byte[] to, WriteBatch changes)
    {
        var keys = new List<byte[]>();
        using (var iterator = Iterate(log))
        {
            for (iterator.Seek(from); IsValid(iterator) && iterator.GetKeySpan().SequenceCompareTo(to) < 0; iterator.Next())
            {
                keys.Add(iterator.Key());
                if (keys.Count <= SingleDeletesMax)
                    continue;
                changes.DeleteRange(from, (ulong)from.Length, to, (ulong)to.Length);
                return false;
            }
        }
        foreach (var key in keys)
            changes.Delete(key);
        return true;
    }

    /// <summary>Gives the files back that lie wholly within a log's area. What lies in files with others goes when they are compacted.</summary>
    public void DropFiles(LogId log)
    {
        byte[] from = RocksDbKeys.Of(log, RocksDbKeys.StateKind), to = RocksDbKeys.Of(log, RocksDbKeys.EndKind);
        try
        {
            Native.Instance.rocksdb_delete_file_in_range(_db.Handle, from, (nuint)from.Length, to, (nuint)to.Length);
        }
        catch (RocksDbException)
        {
            // The entries are deleted all the same; their space comes back later.
        }
    }

    /// <summary>Closes the database behind those who read it at this moment: to read what is closed ends the process.</summary>
    public void Dispose()
    {
        if (Interlocked.Add(ref _readers, int.MinValue) != int.MinValue)
            _unused.Wait(ReadersMax);
        foreach (var batch in _batches)
            batch.Dispose();
        _db.Dispose();
    }

    /// <summary>A reader is done.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _readers) == int.MinValue)
            _unused.Set();
    }

    /// <exception cref="StorageException">The database is being closed.</exception>
    private void Enter()
    {
        if (Interlocked.Increment(ref _readers) >= 0)
            return;
        Leave();
        throw new StorageException(ErrorCode.Unavailable, "the log database is closed");
    }

    /// <summary>Remembers that something cannot be read, for the node's health, and says so.</summary>
    public StorageException Damaged(string what)
    {
        _damage ??= what;
        return new StorageException(ErrorCode.DiskFailure, what);
    }

    private StorageException Damaged(RocksDbException error)
    {
        var what = $"the log database cannot be read: {error.Message}";
        _damage ??= what;
        return new StorageException(ErrorCode.DiskFailure, what, error);
    }

    private void CheckFormat(string directory)
    {
        if (Get(FormatKey) is { } stored)
        {
            _ = new MetadataReader("the log database", FormatKey, stored, FormatVersion);
            return;
        }
        using (var iterator = Iterate())
        {
            iterator.SeekToFirst();
            if (IsValid(iterator))
                throw new StorageException(ErrorCode.Unsupported, $"the log database in '{directory}' does not say what wrote it");
        }
        WriteFormat();
    }

    private void WriteFormat()
    {
        using var changes = new WriteBatch();
        changes.Put(FormatKey, new MetadataWriter(FormatVersion).Seal(FormatKey));
        Write(changes);
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new StorageException(ErrorCode.DiskFailure, $"the log database takes no more until it is opened again: {failure.Message}", failure);
    }

    private void Sync()
    {
        TaskCompletionSource round;
        lock (_lock)
        {
            round = _gathering!;
            _gathering = null;
        }
        var began = Stopwatch.GetTimestamp();
        try
        {
            Interlocked.Increment(ref _syncs);
            Native.Instance.rocksdb_flush_wal(_db.Handle, 1);
        }
        catch (RocksDbException error)
        {
            _failure ??= error;
        }
        Volatile.Write(ref _isSlow, Stopwatch.GetElapsedTime(began) > GuestSyncMax);
        round.SetResult();
    }

    /// <returns>Others have gathered meanwhile, and this thread runs their sync.</returns>
    private bool GoesOn()
    {
        lock (_lock)
            return _isSyncing = _gathering is not null;
    }
}
