using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.Segment.Walks;

/// <summary>What a batch's header says, and where in its file the batch lies.</summary>
internal readonly record struct BatchInfo(
    int Position, int Length, long BaseOffset, long LastOffset, int RecordCount, long BaseTimestampMs, long MaxTimestampMs, Epoch Epoch)
{
    public int End => Position + Length;

    /// <summary>Every offset of the batch has a record.</summary>
    public bool IsDense => RecordCount == LastOffset - BaseOffset + 1;

    /// <summary>False where the bytes cannot be the header of a batch that ends at or before <paramref name="end"/>. The checksum is not looked at.</summary>
    public static bool TryParse(ReadOnlySpan<byte> header, int position, long end, out BatchInfo batch)
    {
        var fields = new RecordBatchHeader(header);
        var length = fields.TotalBytes;
        var count = fields.RecordCount;
        var delta = fields.LastOffsetDelta;
        if (fields.Magic != RecordBatchHeader.CurrentMagic || length <= RecordBatchHeader.Size || length > end - position
            || count < 1 || delta < count - 1 || fields.BaseOffset.Value < 0)
        {
            batch = default;
            return false;
        }
        batch = new BatchInfo(
            position, (int)length, fields.BaseOffset.Value, fields.LastOffset.Value, count, fields.BaseTimestampMs, fields.MaxTimestampMs, fields.LeaderEpoch);
        return true;
    }

    /// <summary>Whether the checksummed part of a whole batch is what was written.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> batch) =>
        new RecordBatchHeader(batch).Crc == Crc32C.Compute(batch[RecordBatchHeader.CrcCoveredFrom..]);
}
