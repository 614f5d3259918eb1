using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Walks;

/// <summary>Walks from an index entry to the batch of an offset, by headers only. Headers are outside the checksum, so each must continue the one before.</summary>
internal static class SegmentWalk
{
    /// <param name="batch">The first batch that ends at or behind the offset.</param>
    /// <param name="isBroken">The chain of batches ends before the segment does.</param>
    public static bool TryFind(BatchCursor cursor, SegmentFile segment, IndexEntry entry, long offset, out BatchInfo batch, out bool isBroken)
    {
        var chain = new BatchChain(cursor, segment, entry.Position, segment.BaseOffset + entry.RelativeOffset);
        var isFound = false;
        while (!isFound && chain.MoveNext())
            isFound = chain.Current.LastOffset >= offset;
        batch = chain.Current;
        isBroken = chain.IsBroken;
        return isFound;
    }

    /// <summary>Only compaction leaves gaps between batches.</summary>
    public static bool Continues(in BatchInfo batch, long next, SegmentFile segment) =>
        (batch.BaseOffset == next || (segment.Summary.IsCompacted && batch.BaseOffset > next)) && batch.LastOffset < segment.EndOffset;
}
