using RobustMQ.Records;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>What is known of a segment without reading it.</summary>
/// <param name="EndOffset">Offset behind its last batch.</param>
/// <param name="Bytes">Bytes of its batches.</param>
/// <param name="Records">Records in the file, removed ones that are still in it included.</param>
internal readonly record struct SegmentSummary(
    long BaseOffset, long EndOffset, int Bytes, long Records, long FirstTimestampMs, long MaxTimestampMs, Epoch LastEpoch, bool IsSealed, bool IsCompacted)
{
    public static SegmentSummary Empty(long baseOffset) => new(baseOffset, baseOffset, 0, 0, long.MinValue, long.MinValue, Epoch.None, false, false);

    public SegmentSummary With(in BatchInfo batch) =>
        this with
        {
            EndOffset = batch.LastOffset + 1,
            Bytes = batch.End,
            Records = Records + batch.RecordCount,
            FirstTimestampMs = Bytes == 0 ? batch.MaxTimestampMs : FirstTimestampMs,
            MaxTimestampMs = Math.Max(MaxTimestampMs, batch.MaxTimestampMs),
            LastEpoch = batch.Epoch,
        };
}
