using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Batches;

/// <summary>The records of a batch, decompressed where they are compressed. Reusable; holds a pooled buffer until disposed or opened again.</summary>
internal sealed class OpenedBatch : IDisposable
{
    /// <summary>Largest decompressed size, bytes: a small batch must not become a large one in memory.</summary>
    public const int BytesMax = 64 << 20;

    private OpenedRecords? _decompressed;

    /// <summary>False where the records cannot be decompressed, or not within <see cref="BytesMax"/>.</summary>
    public bool TryOpen(ReadOnlySpan<byte> batch)
    {
        Dispose();
        if (new RecordBatchHeader(batch).Compression == Compression.None)
            return true;
        _decompressed = RecordDecompressor.Decompress(batch, BytesMax);
        return _decompressed.Succeeded;
    }

    /// <summary>Walks the records of the batch that was opened.</summary>
    public RecordReader Read(ReadOnlySpan<byte> batch) =>
        _decompressed is { } records ? new RecordReader(batch, records.Records.Span) : new RecordReader(batch);

    /// <summary>The encoded records of the batch that was opened.</summary>
    public ReadOnlySpan<byte> Records(ReadOnlySpan<byte> batch) =>
        _decompressed is { } records ? records.Records.Span : batch[RecordBatchHeader.Size..];

    public void Dispose()
    {
        _decompressed?.Dispose();
        _decompressed = null;
    }
}
