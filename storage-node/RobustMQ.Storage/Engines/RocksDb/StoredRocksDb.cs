using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Offline;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>The logs of a log database that no engine has open.</summary>
internal sealed class StoredRocksDb(string directory) : IStoredEngine
{
    private readonly RocksDbSharp.RocksDb _db = OpenForReading(directory);

    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, "CURRENT"));

    /// <summary>Opens a database without a change of any file. What lies in its write-ahead log is seen too.</summary>
    /// <exception cref="StorageException">There is none, or it cannot be read.</exception>
    public static RocksDbSharp.RocksDb OpenForReading(string directory)
    {
        try
        {
            if (!Exists(directory))
                throw new StorageException(ErrorCode.NotFound, $"there is no database in '{directory}'");
            RocksDbWalCheck.Run(directory);
            return RocksDbSharp.RocksDb.OpenReadOnly(new DbOptions(), directory, false);
        }
        catch (RocksDbException error)
        {
            throw new StorageException(ErrorCode.DiskFailure, $"'{directory}' cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Reads every block of a database's files.</summary>
    /// <exception cref="StorageException">One does not have its checksum.</exception>
    public static void CheckBlocks(RocksDbSharp.RocksDb db)
    {
        try
        {
            Native.Instance.rocksdb_verify_checksum(db.Handle);
        }
        catch (RocksDbException error)
        {
            throw new StorageException(ErrorCode.DiskFailure, error.Message, error);
        }
    }

    public IReadOnlyList<LogId> List()
    {
        var logs = new List<LogId>();
        using var iterator = _db.NewIterator();
        // The area of the id that is all zeros is the node's own.
        for (iterator.Seek(RocksDbKeys.Of(default, RocksDbKeys.EndKind)); iterator.Valid(); iterator.Seek(RocksDbKeys.Of(logs[^1], RocksDbKeys.EndKind)))
            logs.Add(RocksDbKeys.LogOf(iterator.Key()));
        return logs;
    }

    public StoredLog Describe(LogId id)
    {
        var state = StateOf(id);
        return new StoredLog(id, null, EngineKind.RocksDb, directory, new Offset(state.Start), new Offset(state.End), state.RecordCount, state.SizeBytes, 0);
    }

    public void Check(LogId id, CheckReport report)
    {
        report.CountLog();
        var path = $"{directory}#{id}";
        try
        {
            Check(id, StateOf(id), path, report);
            CheckSnapshot(id, path, report);
        }
        catch (StorageException error)
        {
            report.Damage(path, error.Message);
        }
    }

    public void CheckRest(CheckReport report)
    {
        try
        {
            CheckBlocks(_db);
        }
        catch (StorageException error)
        {
            report.Damage(directory, error.Message);
        }
    }

    public IEnumerable<StoredBatch> Read(LogId id, Offset from)
    {
        using var check = new BatchCheck();
        using var iterator = _db.NewIterator();
        var prefix = RocksDbKeys.Of(id, RocksDbKeys.BatchKind);
        iterator.SeekForPrev(RocksDbKeys.Batch(id, from.Value));
        if (!iterator.Valid() || !IsBatch(iterator.Key(), prefix))
            iterator.Seek(RocksDbKeys.Batch(id, from.Value));
        for (; iterator.Valid() && IsBatch(iterator.Key(), prefix); iterator.Next())
        {
            var bytes = iterator.Value();
            yield return new StoredBatch($"{directory}#{id}", 0, bytes, ProblemOf(bytes, RocksDbKeys.LastNumber(iterator.Key()), check));
        }
        ThrowIfFailed(iterator);
    }

    public void Dispose() => _db.Dispose();

    private static bool IsBatch(byte[] key, byte[] prefix) => key.AsSpan().StartsWith(prefix);

    private static string? ProblemOf(byte[] bytes, long baseOffset, BatchCheck check) =>
        bytes.Length <= RecordBatchHeader.Size || new RecordBatchHeader(bytes).TotalBytes != bytes.Length || new RecordBatchHeader(bytes).BaseOffset.Value != baseOffset
            ? "its header does not agree with its place"
            : check.Run(bytes);

    private static void ThrowIfFailed(Iterator iterator)
    {
        try
        {
            Native.Instance.rocksdb_iter_get_error(iterator.Handle);
        }
        catch (RocksDbException error)
        {
            throw new StorageException(ErrorCode.DiskFailure, error.Message, error);
        }
    }

    private RocksDbLogState StateOf(LogId id)
    {
        var key = RocksDbKeys.Of(id, RocksDbKeys.StateKind);
        try
        {
            return _db.Get(key) is { } value
                ? RocksDbLogState.Parse(key, value)
                : throw new StorageException(ErrorCode.DiskFailure, $"log {id} has entries and no state");
        }
        catch (RocksDbException error)
        {
            throw new StorageException(ErrorCode.DiskFailure, error.Message, error);
        }
    }

    private void Check(LogId id, RocksDbLogState state, string path, CheckReport report)
    {
        var (bytes, records, next) = (0L, 0L, 0L);
        using var index = new RocksDbIndexCheck(_db, id);
        foreach (var batch in Read(id, Offset.Zero))
        {
            var header = new RecordBatchHeader(batch.Bytes.Span);
            if (batch.Problem is { } problem)
                report.Damage(path, $"the batch at offset {header.BaseOffset}: {problem}");
            else if (header.BaseOffset.Value < next || header.LastOffset.Value >= state.End)
                report.Damage(path, $"the batch at offset {header.BaseOffset} lies where another is, or behind the end");
            else
                index.Take(batch.Bytes.Span);
            next = header.LastOffset.Value + 1;
            bytes += batch.Bytes.Length;
            records += header.RecordCount;
            report.CountBatch(batch.Bytes.Length, header.RecordCount);
        }
        if (records != state.RecordCount || bytes != state.SizeBytes)
            report.Damage(path, $"{records} records in {bytes} bytes are there; the log's state says {state.RecordCount} in {state.SizeBytes}");
        if (index.Wrong > 0)
            report.Damage(path, $"{index.Wrong} entries of the indexes by key, priority and expiry are missing or wrong");
        if (index.CountStrays() is var strays and not 0)
            report.Damage(path, $"{strays} entries of the indexes by key, priority and expiry belong to no record");
    }

    private void CheckSnapshot(LogId id, string path, CheckReport report)
    {
        var key = RocksDbKeys.Of(id, RocksDbKeys.SnapshotKind);
        if (_db.Get(key) is not { } value)
            return;
        var reader = new Metadata.MetadataReader("a log's snapshot", key, value, 1);
        reader.Int64();
        if (!PartitionSnapshot.IsReadable(reader.Bytes()))
            report.Damage(path, "the snapshot is not one of producers and message ids");
    }
}
