namespace RobustMQ.Records.Batches;

/// <summary>Checks a batch where it enters the storage-node. Pure.</summary>
public static class RecordBatchValidator
{
    /// <summary>
    /// Checks the frame of one batch that fills <paramref name="batch"/>: length, magic, CRC, counts, last offset delta, producer fields, known compression.
    /// Compressed records are not opened; uncompressed ones are checked by <see cref="CheckRecords"/>.
    /// </summary>
    /// <returns><see cref="ErrorCode.None"/>, <see cref="ErrorCode.CorruptBatch"/> or <see cref="ErrorCode.TooLarge"/>.</returns>
    public static ErrorCode CheckFrame(ReadOnlySpan<byte> batch, int bytesMax)
    {
        if (batch.Length > bytesMax)
            return ErrorCode.TooLarge;
        if (batch.Length <= RecordBatchHeader.Size)
            return ErrorCode.CorruptBatch;
        var header = new RecordBatchHeader(batch);
        var ok = header.TotalBytes == batch.Length
            && header.Magic == RecordBatchHeader.CurrentMagic
            && header.RecordCount > 0
            && header.LastOffsetDelta == header.RecordCount - 1
            && header.Compression <= Compression.Zstd
            && HasValidProducer(header)
            && header.Crc == Crc32C.Compute(batch[RecordBatchHeader.CrcCoveredFrom..]);
        return ok ? ErrorCode.None : ErrorCode.CorruptBatch;
    }

    /// <summary>Walks the records of an uncompressed batch: lengths, contiguous offset deltas, whole headers.</summary>
    public static ErrorCode CheckRecords(ReadOnlySpan<byte> batch) => CheckRecords(batch, batch[RecordBatchHeader.Size..]);

    /// <summary>As <see cref="CheckRecords(ReadOnlySpan{byte})"/>, for records that were decompressed apart from their header.</summary>
    public static ErrorCode CheckRecords(ReadOnlySpan<byte> batchHeader, ReadOnlySpan<byte> records)
    {
        var reader = new RecordReader(batchHeader, records);
        var expectedDelta = 0;
        while (reader.MoveNext())
        {
            if (reader.CurrentDelta != expectedDelta++ || !reader.Current.Headers.AreWhole())
                return ErrorCode.CorruptBatch;
        }
        return reader.IsMalformed ? ErrorCode.CorruptBatch : ErrorCode.None;
    }

    /// <summary>
    /// Epoch and sequence mean nothing without a producer id (kafkajs writes 0 there, Kafka's own client -1). A transaction is a producer's, and what ends it stands outside of the sequence.
    /// </summary>
    private static bool HasValidProducer(RecordBatchHeader header)
    {
        if (header.ProducerId == -1)
            return !header.IsTransactional && !header.IsControl;
        return header.ProducerId >= 0 && header.ProducerEpoch >= 0 && (header.IsControl || header.BaseSequence >= 0);
    }
}
