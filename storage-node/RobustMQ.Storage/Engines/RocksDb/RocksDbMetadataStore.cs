using RobustMQ.Records;
using RobustMQ.Storage.Metadata;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Metadata in a RocksDB of its own. Every commit is one write batch, synced: metadata changes are rare and always durable.</summary>
internal sealed class RocksDbMetadataStore : IMetadataStore
{
    private readonly RocksDbSharp.RocksDb _db;
    private readonly WriteOptions _synced;

    private RocksDbMetadataStore(RocksDbSharp.RocksDb db)
    {
        _db = db;
        _synced = new WriteOptions().SetSync(true);
    }

    /// <exception cref="StorageException">The directory cannot be opened, another process has it open, or its write-ahead log is damaged; nothing was changed.</exception>
    public static RocksDbMetadataStore Open(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            RocksDbWalCheck.Run(directory);
            // Metadata is a few megabytes at most: small buffers and few files keep an idle node small.
            var options = new DbOptions()
                .SetCreateIfMissing()
                .SetWriteBufferSize(1 << 20)
                .SetMaxWriteBufferNumber(2)
                .SetMaxOpenFiles(64)
                .SetKeepLogFileNum(2)
                .SetMaxTotalWalSize(4 << 20);
            return new RocksDbMetadataStore(RocksDbSharp.RocksDb.Open(options, directory));
        }
        catch (Exception error) when (error is RocksDbException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException(ErrorCode.DiskFailure, $"metadata in '{directory}' cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Metadata of a node that does not run, without a change of any file.</summary>
    /// <exception cref="StorageException">There is none, or it cannot be read.</exception>
    public static RocksDbMetadataStore OpenForReading(string directory) => new(StoredRocksDb.OpenForReading(directory));

    /// <summary>Reads every block that is stored.</summary>
    /// <exception cref="StorageException">One does not have its checksum.</exception>
    public void CheckBlocks() => StoredRocksDb.CheckBlocks(_db);

    public byte[]? Find(ReadOnlySpan<byte> key)
    {
        try
        {
            return _db.Get(key.ToArray());
        }
        catch (RocksDbException error)
        {
            throw Damaged(error);
        }
    }

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] prefix)
    {
        using var iterator = _db.NewIterator();
        for (iterator.Seek(prefix); iterator.Valid(); iterator.Next())
        {
            var key = iterator.Key();
            if (!key.AsSpan().StartsWith(prefix))
                yield break;
            yield return new KeyValuePair<byte[], byte[]>(key, iterator.Value());
        }
        ThrowIfStopped(iterator);
    }

    public void Commit(MetadataChanges changes)
    {
        using var batch = new WriteBatch();
        foreach (var (key, value) in changes.Entries)
        {
            if (value is null)
                batch.Delete(key);
            else
                batch.Put(key, value);
        }
        try
        {
            _db.Write(batch, _synced);
        }
        catch (RocksDbException error)
        {
            throw new StorageException(ErrorCode.DiskFailure, $"metadata cannot be written: {error.Message}", error);
        }
    }

    public void Dispose() => _db.Dispose();

    /// <summary>An iterator that stopped because it could not read is not at the end: topics that are not seen must not count as gone.</summary>
    private static void ThrowIfStopped(Iterator iterator)
    {
        try
        {
            Native.Instance.rocksdb_iter_get_error(iterator.Handle);
        }
        catch (RocksDbException error)
        {
            throw Damaged(error);
        }
    }

    private static StorageException Damaged(RocksDbException error) => new(ErrorCode.DiskFailure, $"metadata cannot be read: {error.Message}", error);
}
