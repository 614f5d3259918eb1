using RobustMQ.Records.Batches.Codecs;

namespace RobustMQ.Records.Batches;

/// <summary>
/// Opens the records of a batch, whichever of Kafka's codecs compressed them. Bad bytes are a result, never an exception, and never cost more than the
/// output bound plus a constant: a small batch that claims or makes a large one ends as <see cref="ErrorCode.TooLarge"/>. Thread-safe.
/// </summary>
public static class RecordDecompressor
{
    /// <summary>Opens any batch of at least <see cref="RecordBatchHeader.Size"/> bytes; the records of an uncompressed one are a slice of it, without a copy.</summary>
    /// <param name="batch">One whole batch; where it is not compressed, its bytes stay valid as long as the result is used.</param>
    /// <param name="recordsBytesMax">Largest decompressed size of the records, bytes.</param>
    public static OpenedRecords Open(ReadOnlyMemory<byte> batch, int recordsBytesMax)
    {
        if (new RecordBatchHeader(batch.Span).Compression != Compression.None)
            return Decompress(batch.Span, recordsBytesMax);
        var records = batch[RecordBatchHeader.Size..];
        return records.Length > recordsBytesMax ? OpenedRecords.Failed(ErrorCode.TooLarge) : OpenedRecords.View(records);
    }

    /// <summary>Opens a batch whose bytes are only borrowed: the result always stands on its own (the records of an uncompressed batch are copied).</summary>
    /// <param name="batch">One whole batch of at least <see cref="RecordBatchHeader.Size"/> bytes.</param>
    /// <param name="recordsBytesMax">Largest decompressed size of the records, bytes.</param>
    public static OpenedRecords Decompress(ReadOnlySpan<byte> batch, int recordsBytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(recordsBytesMax);
        var target = new BoundedBytes(recordsBytesMax);
        try
        {
            var error = Decompress(new RecordBatchHeader(batch).Compression, batch[RecordBatchHeader.Size..], ref target);
            return error == ErrorCode.None ? target.Detach() : OpenedRecords.Failed(error);
        }
        finally
        {
            target.Dispose();
        }
    }

    private static ErrorCode Decompress(Compression compression, ReadOnlySpan<byte> source, ref BoundedBytes target) => compression switch
    {
        Compression.None => target.TryWrite(source) ? ErrorCode.None : ErrorCode.TooLarge,
        Compression.Gzip => GzipCodec.Decompress(source, ref target),
        Compression.Snappy => SnappyCodec.Decompress(source, ref target),
        Compression.Lz4 => Lz4FrameCodec.Decompress(source, ref target),
        Compression.Zstd => ZstdCodec.Decompress(source, ref target),
        _ => ErrorCode.CorruptBatch,
    };
}
