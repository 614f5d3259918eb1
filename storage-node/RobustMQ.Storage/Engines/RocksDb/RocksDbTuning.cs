using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Settings of the log database, each with its reason.</summary>
internal static class RocksDbTuning
{
    public static DbOptions Options() =>
        new DbOptions()
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
            .SetKeepLogFileNum(4);
}
