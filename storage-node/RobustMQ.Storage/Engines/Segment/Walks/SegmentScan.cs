using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;

namespace RobustMQ.Storage.Engines.Segment.Walks;

/// <summary>Reads a segment from one end to the other, checks every batch and makes its index and summary anew.</summary>
internal static class SegmentScan
{
    private const int WindowBytes = 1 << 20;
    private const int SectorBytes = 512;

    /// <param name="known">What is known already: the scan goes on behind it.</param>
    /// <param name="onDamage">Told of a damaged batch that has whole ones behind it; the scan goes on with those.</param>
    /// <returns>What the file holds up to the first byte that belongs to no batch.</returns>
    public static SegmentSummary Run(
        IStorageFile file, SegmentSummary known, SparseIndex index, int indexIntervalBytes, bool mayHaveGaps, Action<BatchInfo>? onDamage)
    {
        var length = Math.Min(file.Length, int.MaxValue);
        using var cursor = new BatchCursor(file, length, WindowBytes);
        var summary = known;
        var indexedTo = index.Count == 0 ? 0 : index.Entries[^1].Position;
        while (cursor.TryRead(summary.Bytes, out var batch) && Follows(batch, summary, mayHaveGaps))
        {
            if (!BatchInfo.IsIntact(cursor.Bytes(batch)))
            {
                if (onDamage is null || !WasWhole(cursor, batch))
                    break;
                onDamage(batch);
            }
            if (batch.Position - indexedTo >= indexIntervalBytes)
            {
                index.Add(new IndexEntry((uint)(batch.BaseOffset - summary.BaseOffset), batch.Position, summary.MaxTimestampMs));
                indexedTo = batch.Position;
            }
            summary = summary.With(batch) with { IsCompacted = summary.IsCompacted || batch.BaseOffset != summary.EndOffset };
        }
        return summary;
    }

    private static bool Follows(in BatchInfo batch, in SegmentSummary summary, bool mayHaveGaps) =>
        batch.BaseOffset == summary.EndOffset || (mayHaveGaps && batch.BaseOffset > summary.EndOffset && batch.LastOffset - summary.BaseOffset <= uint.MaxValue);

    /// <summary>
    /// A damaged batch with a whole one that continues it directly behind was written whole, since a crash tears only the end; unless part of it never came to the device, while what was
    /// written later did: such a part is zeros, whole sectors or the rest of the batch.
    /// </summary>
    public static bool WasWhole(BatchCursor cursor, in BatchInfo batch) => !HasHole(cursor.Bytes(batch), batch.Position) && IsFollowed(cursor, batch);

    private static bool IsFollowed(BatchCursor cursor, in BatchInfo batch) =>
        cursor.TryRead(batch.End, out var next) && next.BaseOffset == batch.LastOffset + 1 && BatchInfo.IsIntact(cursor.Bytes(next));

    private static bool HasHole(ReadOnlySpan<byte> batch, int position)
    {
        // The last byte of a record without headers is a zero of its own.
        if (!batch[^2..].ContainsAnyExcept((byte)0))
            return true;
        for (var at = (SectorBytes - position % SectorBytes) % SectorBytes; at + SectorBytes <= batch.Length; at += SectorBytes)
        {
            if (!batch.Slice(at, SectorBytes).ContainsAnyExcept((byte)0))
                return true;
        }
        return false;
    }
}
