using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Buffers of a log's one writer, which a log that is only read does not have.</summary>
internal sealed class RocksDbLogWriter(LogId log) : IDisposable
{
    public RocksDbIndexWriter Indexes { get; } = new(log);

    public OpenedBatch Opened { get; } = new();

    /// <summary>What is left of a batch.</summary>
    public PooledBytes Rest { get; } = new();

    /// <summary>Positions in a batch of the records that stay.</summary>
    public List<int> Kept { get; } = [];

    /// <summary>Adds the index entries of a new batch.</summary>
    /// <returns>When the first of its records expires, Unix ms; <see cref="long.MaxValue"/>: none does.</returns>
    public long Index(ReadOnlySpan<byte> batch, WriteBatch changes)
    {
        Indexes.Begin(new RecordBatchHeader(batch).BaseOffset.Value);
        if (!Opened.TryOpen(batch))
            return long.MaxValue;
        var reader = Opened.Read(batch);
        while (reader.MoveNext())
            Indexes.Add(reader.Current, changes);
        Indexes.End(changes, isNew: true);
        return Indexes.ExpiresAtMs;
    }

    public void Dispose()
    {
        Rest.Dispose();
        Opened.Dispose();
    }
}
