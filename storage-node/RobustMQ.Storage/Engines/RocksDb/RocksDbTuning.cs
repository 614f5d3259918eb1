using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Settings of the log database, each with its reason.</summary>
internal static class RocksDbTuning
{
    /// <summary>Blocks that readers share, bytes: the tail of a log is in the memory tables anyway; this holds index blocks and what lagging readers want.</summary>
    private const ulong BlockCacheBytes = 128 << 20;

    /// <summary>A file in which this many of <see cref="DeletionWindow"/> entries in a row are deletions is compacted at once: mailboxes and queues die young, and their space comes back.</summary>
    private const int DeletionTrigger = 64 << 10;

    private const int DeletionWindow = 128 << 10;

    public static DbOptions Options()
    {
        var options = new DbOptions()
            .SetCreateIfMissing()
            // Appends come in offset order and are often deleted soon: large buffers let many records live and die in memory.
            .SetWriteBufferSize(64 << 20)
            .SetMaxWriteBufferNumber(4)
            .SetMinWriteBufferNumberToMerge(1)
            // Two cores are enough for flushes and compactions of one disk; more would take them from the appends.
            .IncreaseParallelism(2)
            // A log that is busy must not keep the write-ahead log of one that is idle for ever.
            .SetMaxTotalWalSize(512 << 20)
            // Files are found by their index blocks; a bound keeps a node with many of them within its file handles.
            .SetMaxOpenFiles(1024)
            // Values are batches, which clients compress where it pays: a second compression costs more than it gives.
            .SetCompression(Compression.No)
            // Flushes and compactions hand their bytes to the device as they go: a sync of the write-ahead log that comes meanwhile does not wait for all of them.
            .SetBytesPerSync(1 << 20)
            // Levels grow from the largest down: a database whose records come and go takes little more than what is alive.
            .SetLevelCompactionDynamicLevelBytes(true)
            .SetBlockBasedTableFactory(new BlockBasedTableOptions()
                // Scans read batches of kilobytes: larger blocks than the default mean fewer index entries.
                .SetBlockSize(16 << 10)
                .SetBlockCache(Cache.CreateLru(BlockCacheBytes))
                // State and snapshot of a log are looked up by their key when it is opened, most often without there being any.
                .SetFilterPolicy(BloomFilterPolicy.Create(10, false)))
            .SetKeepLogFileNum(4);
        Native.Instance.rocksdb_options_add_compact_on_deletion_collector_factory(options.Handle, DeletionWindow, DeletionTrigger);
        return options;
    }
}
