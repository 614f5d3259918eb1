using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>Makes the index of a segment whose summary is known anew, by its batches' headers.</summary>
internal static class SegmentIndexing
{
    private const int WindowBytes = 256 << 10;

    public static void Rebuild(IStorageFile file, SegmentSummary summary, SparseIndex index, int indexIntervalBytes)
    {
        using var cursor = new BatchCursor(file, summary.Bytes, WindowBytes);
        var position = 0;
        var indexedTo = 0;
        var next = summary.BaseOffset;
        var maxTimestampMs = long.MinValue;
        while (cursor.TryRead(position, out var batch) && (summary.IsCompacted ? batch.BaseOffset >= next : batch.BaseOffset == next))
        {
            if (position - indexedTo >= indexIntervalBytes)
            {
                index.Add(new IndexEntry((uint)(batch.BaseOffset - summary.BaseOffset), position, maxTimestampMs));
                indexedTo = position;
            }
            maxTimestampMs = Math.Max(maxTimestampMs, batch.MaxTimestampMs);
            next = batch.LastOffset + 1;
            position = batch.End;
        }
    }
}
