using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Rewrites;

/// <summary>
/// Replaces everything from an offset on by one small segment, so that a crash leaves either the old end or the new one: the segment is written under a name of its own first, and
/// from the moment it is there the rest is only carried out.
/// </summary>
internal static class SegmentCut
{
    /// <param name="bytes">One batch that begins at the offset, or nothing.</param>
    public static void Run(IStorageDirectory directory, long baseOffset, ReadOnlySpan<byte> bytes, int indexIntervalBytes)
    {
        AtomicFile.Replace(directory, SegmentNames.Cut(baseOffset), bytes);
        Finish(directory, baseOffset, indexIntervalBytes);
    }

    public static void Finish(IStorageDirectory directory, long baseOffset, int indexIntervalBytes)
    {
        CutBefore(directory, baseOffset, indexIntervalBytes);
        directory.RenameFile(SegmentNames.Cut(baseOffset), SegmentNames.Log(baseOffset));
        directory.Sync();
    }

    /// <summary>Removes the batches at and behind an offset at which a batch begins.</summary>
    public static void CutBefore(IStorageDirectory directory, long offset, int indexIntervalBytes)
    {
        var bases = new List<long>();
        foreach (var name in directory.ListFiles())
        {
            if (SegmentNames.BaseOffsetOf(name, SegmentNames.LogSuffix) is >= 0 and var baseOffset)
                bases.Add(baseOffset);
        }
        bases.Sort();
        var at = bases.Count - 1;
        for (; at >= 0 && bases[at] >= offset; at--)
            Delete(directory, bases[at]);
        if (at >= 0)
            CutFile(directory, bases[at], offset, indexIntervalBytes);
        directory.Sync();
    }

    private static void Delete(IStorageDirectory directory, long baseOffset)
    {
        directory.DeleteFile(SegmentNames.Index(baseOffset));
        directory.DeleteFile(SegmentNames.Log(baseOffset));
    }

    private static void CutFile(IStorageDirectory directory, long baseOffset, long offset, int indexIntervalBytes)
    {
        // The index says that bytes are on the device which will soon be gone.
        directory.DeleteFile(SegmentNames.Index(baseOffset));
        directory.Sync();
        using var file = directory.OpenFile(SegmentNames.Log(baseOffset));
        using var cursor = new BatchCursor(file, file.Length);
        var position = 0;
        while (cursor.TryRead(position, out var batch) && batch.LastOffset < offset)
            position = batch.End;
        file.SetLength(position);
        file.Sync();
        Seal(directory, file, baseOffset, offset, indexIntervalBytes);
    }

    /// <summary>What is left may end before the offset: its index says that this is how it must be.</summary>
    private static void Seal(IStorageDirectory directory, IStorageFile file, long baseOffset, long endOffset, int indexIntervalBytes)
    {
        var index = new SparseIndex();
        var summary = SegmentScan.Run(file, SegmentSummary.Empty(baseOffset), index, indexIntervalBytes, mayHaveGaps: true, _ => { });
        if (summary.Bytes == file.Length)
            IndexFile.Write(directory, summary with { EndOffset = endOffset, IsSealed = true, IsCompacted = true }, index);
    }
}
