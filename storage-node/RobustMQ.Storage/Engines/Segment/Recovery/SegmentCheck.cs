using RobustMQ.Records;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Walks;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Storage.Engines.Segment.Recovery;

/// <summary>
/// Reads everything of one log that is not open: the batches of its segments, what its indexes say of them, its journal and its snapshot. What a crash may leave, and recovery would put right, is
/// a note; what cannot be explained so is damage.
/// </summary>
internal sealed class SegmentCheck(IStorageDirectory directory, CheckReport report)
{
    private const int WindowBytes = 1 << 20;

    private readonly List<SegmentSummary> _segments = [];

    public void Run()
    {
        report.CountLog();
        try
        {
            CheckNames();
            CheckJournal();
            CheckSegments();
            CheckSnapshot();
        }
        catch (StorageException error)
        {
            report.Damage(directory.Path, error.Message);
        }
    }

    private void CheckNames()
    {
        foreach (var name in directory.ListFiles())
        {
            if (WhatIs(name) is { } what)
                report.Note(PathOf(name), what);
        }
    }

    private static string? WhatIs(string name) => Path.GetExtension(name) switch
    {
        SegmentNames.LogSuffix or SegmentNames.IndexSuffix when SegmentNames.BaseOffsetOf(name, Path.GetExtension(name)) >= 0 => null,
        SegmentNames.AsideSuffix => "what an earlier recovery took out of the log and kept",
        AtomicFile.UnfinishedSuffix => "a file that was being written when the node ended; the next start deletes it",
        SegmentNames.CutSuffix => "a truncation that the next start carries out",
        SegmentNames.CompactedSuffix or SegmentNames.CompactedIndexSuffix => "a compaction that the next start carries out or drops",
        _ => name is SegmentNames.Journal or SegmentNames.Snapshot ? null : "no file of this engine",
    };

    private void CheckJournal()
    {
        LogJournal.Peek(directory, what => report.Damage(PathOf(SegmentNames.Journal), what), out var tornBytes);
        if (tornBytes > 0)
            report.Note(PathOf(SegmentNames.Journal), $"the last {tornBytes} bytes were left unfinished by a crash; the next start cuts them off");
    }

    private void CheckSegments()
    {
        var bases = StoredSegments.BasesOf(directory);
        var indexes = bases.ConvertAll(ReadIndex);
        // A sealed segment, and every one before it, was on the device as a whole.
        var lastSealed = indexes.FindLastIndex(static index => index?.Summary.IsSealed == true);
        for (var i = 0; i < bases.Count; i++)
        {
            CheckContinues(bases[i], isOnDevice: i <= lastSealed);
            _segments.Add(CheckSegment(bases[i], indexes[i], isOnDevice: i <= lastSealed));
        }
    }

    private sealed record Index(SegmentSummary Summary, SparseIndex Entries);

    private Index? ReadIndex(long baseOffset)
    {
        var path = PathOf(SegmentNames.Index(baseOffset));
        // Halfway through a compaction's swap the segment is the new one and the index the old one.
        if (!directory.FileExists(SegmentNames.Index(baseOffset)) || directory.FileExists(SegmentNames.CompactedIndex(baseOffset)))
            return null;
        if (!IndexFile.TryReadSummary(directory, baseOffset, out var summary))
            report.Damage(path, "the index is damaged; it is made anew from the segment when it is needed");
        else if (IndexFile.TryReadEntries(directory, summary) is { } entries)
            return new Index(summary, entries);
        else
            report.Damage(path, "the entries of the index are damaged; they are made anew from the segment when they are needed");
        return null;
    }

    private void CheckContinues(long baseOffset, bool isOnDevice)
    {
        if (_segments.Count == 0 || _segments[^1].EndOffset == baseOffset || _segments[^1] is { IsCompacted: true } before && before.EndOffset < baseOffset)
            return;
        var path = PathOf(SegmentNames.Log(baseOffset));
        if (isOnDevice)
            report.Damage(path, $"the segment before ends at offset {_segments[^1].EndOffset}, not at {baseOffset}");
        else
            report.Note(path, $"the segment before ends at offset {_segments[^1].EndOffset}: a crash cut it short, and the next start sets this one aside");
    }

    private SegmentSummary CheckSegment(long baseOffset, Index? index, bool isOnDevice)
    {
        using var file = directory.OpenFile(SegmentNames.Log(baseOffset));
        var length = (int)Math.Min(file.Length, int.MaxValue);
        var provenBytes = isOnDevice ? length : Math.Min(length, index?.Summary.Bytes ?? 0);
        if (index is not null && length < index.Summary.Bytes)
            report.Damage(file.Path, $"{index.Summary.Bytes - length} bytes are missing at its end");
        var found = Walk(file, length, baseOffset, index, provenBytes);
        if (found.Bytes < provenBytes)
            report.Damage(file.Path, $"what follows offset {found.EndOffset}, from byte {found.Bytes} on, cannot be read");
        else if (found.Bytes < length)
            report.Note(file.Path, $"the last {length - found.Bytes} bytes, behind offset {found.EndOffset}, were left unfinished by a crash; the next start cuts them off");
        return index is null ? found : found with { EndOffset = Math.Max(found.EndOffset, index.Summary.EndOffset), IsCompacted = found.IsCompacted || index.Summary.IsCompacted };
    }

    private SegmentSummary Walk(IStorageFile file, int length, long baseOffset, Index? index, int provenBytes)
    {
        using var cursor = new BatchCursor(file, length, WindowBytes);
        using var check = new BatchCheck();
        var found = SegmentSummary.Empty(baseOffset);
        var entries = index is null ? [] : index.Entries.Entries.ToArray();
        var entry = 0;
        while (cursor.TryRead(found.Bytes, out var batch) && Follows(batch, found, batch.End <= provenBytes))
        {
            for (; entry < entries.Length && entries[entry].Position <= batch.Position; entry++)
                CheckEntry(entries[entry], batch, found);
            if (check.Run(cursor.Bytes(batch)) is { } problem)
            {
                if (batch.End > provenBytes && !SegmentScan.WasWhole(cursor, batch))
                    return found;
                report.Damage(file.Path, $"the batch of offsets {batch.BaseOffset} to {batch.LastOffset} at byte {batch.Position}: {problem}");
            }
            report.CountBatch(batch.Length, batch.RecordCount);
            found = found.With(batch) with { IsCompacted = found.IsCompacted || batch.BaseOffset != found.EndOffset };
            if (found.Bytes == index?.Summary.Bytes)
                CheckSummary(index.Summary, found);
        }
        return found;
    }

    private static bool Follows(in BatchInfo batch, in SegmentSummary found, bool mayHaveGaps) =>
        batch.BaseOffset == found.EndOffset || (mayHaveGaps && batch.BaseOffset > found.EndOffset);

    private void CheckEntry(IndexEntry entry, in BatchInfo batch, in SegmentSummary before)
    {
        if (entry.Position != batch.Position || entry.RelativeOffset != batch.BaseOffset - before.BaseOffset || entry.MaxTimestampBeforeMs != before.MaxTimestampMs)
            report.Damage(PathOf(SegmentNames.Index(before.BaseOffset)), $"the entry for byte {entry.Position} does not agree with the segment");
    }

    private void CheckSummary(SegmentSummary said, SegmentSummary found)
    {
        // Records at the end that were compacted away, or cut off, are behind the last batch.
        var agrees = said.EndOffset >= found.EndOffset && (said.IsCompacted || said.EndOffset == found.EndOffset);
        if (!agrees || said with { EndOffset = 0, IsSealed = false, IsCompacted = false } != found with { EndOffset = 0, IsCompacted = false })
            report.Damage(PathOf(SegmentNames.Index(found.BaseOffset)), $"the index says {said}, the segment {found}");
    }

    private void CheckSnapshot()
    {
        var path = PathOf(SegmentNames.Snapshot);
        if (!directory.FileExists(SegmentNames.Snapshot))
            return;
        if (SnapshotFile.TryRead(directory) is not { } snapshot)
            report.Damage(path, "the snapshot is damaged; the next start drops it and reads the producers from the batches");
        else if (_segments.Count > 0 && snapshot.End.Value > _segments[^1].EndOffset)
            report.Note(path, $"the snapshot speaks of records up to offset {snapshot.End}, which a crash took; the next start drops it");
        else if (!PartitionSnapshot.IsReadable(snapshot.Bytes.Span))
            report.Damage(path, "the snapshot is not one of producers and message ids");
    }

    private string PathOf(string name) => Path.Combine(directory.Path, name);
}
