using RobustMQ.Records;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Rewrites;
using RobustMQ.Storage.Engines.Segment.Segments;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Recovery;

/// <summary>
/// Finds the segments of a log after whatever happened to it. A segment with an index that says it is sealed was on the device as a whole, and so was every one before it; an index of
/// the last one says how much of that was. Behind, a crash may have torn things: the log ends at the last whole batch that continues the one before. What cannot be part of the log is
/// set aside, never deleted; damage to what was on the device stays in the log and is reported.
/// </summary>
internal sealed class SegmentRecovery(IStorageDirectory directory, SegmentStore store, LogId log)
{
    private readonly List<SegmentFile> _segments = [];

    /// <returns>In order of offsets; the last one takes appends unless it is sealed.</returns>
    public List<SegmentFile> Run()
    {
        var names = directory.ListFiles();
        foreach (var name in names)
        {
            if (name.EndsWith(AtomicFile.UnfinishedSuffix, StringComparison.Ordinal))
                directory.DeleteFile(name);
        }
        RedoCuts(names);
        RedoCompactions(names);
        var bases = BasesOf(SegmentNames.LogSuffix);
        DeleteStrayIndexes(bases);
        var summaries = bases.ConvertAll(ReadSummary);
        var lastSealed = summaries.FindLastIndex(summary => summary is { IsSealed: true });
        for (var i = 0; i < bases.Count; i++)
        {
            if (!Open(bases, i, summaries[i], isOnDevice: i <= lastSealed))
            {
                SetAside(bases, i + 1);
                break;
            }
        }
        return _segments;
    }

    /// <summary>Finishes a truncation that wrote the segment which replaces everything from its base offset on.</summary>
    private void RedoCuts(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            var baseOffset = SegmentNames.BaseOffsetOf(name, SegmentNames.CutSuffix);
            if (baseOffset >= 0)
                SegmentCut.Finish(directory, baseOffset, store.Options.IndexIntervalBytes);
        }
    }

    private void RedoCompactions(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            var baseOffset = SegmentNames.BaseOffsetOf(name, SegmentNames.CompactedIndexSuffix);
            if (baseOffset >= 0)
                SegmentCompaction.Finish(directory, baseOffset);
            baseOffset = SegmentNames.BaseOffsetOf(name, SegmentNames.CompactedSuffix);
            if (baseOffset >= 0 && !names.Contains(SegmentNames.CompactedIndex(baseOffset)))
                directory.DeleteFile(name);
        }
    }

    private List<long> BasesOf(string suffix)
    {
        var bases = new List<long>();
        foreach (var name in directory.ListFiles())
        {
            var baseOffset = SegmentNames.BaseOffsetOf(name, suffix);
            if (baseOffset >= 0)
                bases.Add(baseOffset);
        }
        bases.Sort();
        return bases;
    }

    private void DeleteStrayIndexes(List<long> bases)
    {
        foreach (var baseOffset in BasesOf(SegmentNames.IndexSuffix))
        {
            if (bases.BinarySearch(baseOffset) < 0)
                directory.DeleteFile(SegmentNames.Index(baseOffset));
        }
    }

    private SegmentSummary? ReadSummary(long baseOffset) =>
        IndexFile.TryReadSummary(directory, baseOffset, out var summary) ? summary : null;

    /// <returns>False where the log ends in this segment, whatever comes behind.</returns>
    private bool Open(List<long> bases, int at, SegmentSummary? summary, bool isOnDevice)
    {
        var isLast = at == bases.Count - 1;
        var slot = new FileSlot(directory, SegmentNames.Log(bases[at]));
        if (summary is { IsSealed: true } whole)
        {
            using (var lease = store.Files.Use(slot))
                CheckLength(lease.File, whole);
            CheckGapBefore(whole.BaseOffset);
            _segments.Add(new SegmentFile(slot, whole, null) { SyncedBytes = whole.Bytes });
            return true;
        }
        if (!isOnDevice && _segments.Count > 0 && _segments[^1].EndOffset != bases[at] && !_segments[^1].Summary.IsSealed)
        {
            // The segment before was cut short by a crash; this one was never durable.
            SetAside(bases, at);
            return false;
        }
        return Scan(slot, bases, at, summary, isOnDevice, isLast);
    }

    private bool Scan(FileSlot slot, List<long> bases, int at, SegmentSummary? checkpoint, bool isOnDevice, bool isLast)
    {
        using var lease = store.Files.Use(slot);
        var file = lease.File;
        var index = checkpoint is { } known ? IndexFile.TryReadEntries(directory, known) : new SparseIndex();
        if (checkpoint is { } proven && file.Length < proven.Bytes)
        {
            // Bytes that were on the device are gone: nothing is written to this file any more.
            Report(proven.BaseOffset, file.Path, $"{proven.Bytes - file.Length} bytes are missing at its end");
            _segments.Add(new SegmentFile(slot, proven with { IsSealed = true }, index ?? new SparseIndex()) { SyncedBytes = proven.Bytes });
            return true;
        }
        var from = checkpoint ?? SegmentSummary.Empty(bases[at]);
        if (index is null)
        {
            index = new SparseIndex();
            SegmentIndexing.Rebuild(file, from, index, store.Options.IndexIntervalBytes);
        }
        var found = SegmentScan.Run(
            file, from, index, store.Options.IndexIntervalBytes, mayHaveGaps: isOnDevice,
            damaged => Report(damaged.BaseOffset, file.Path, "a batch does not have the checksum it was stored with"));
        var segment = new SegmentFile(slot, found, index)
        {
            SyncedBytes = checkpoint?.Bytes ?? 0,
            IndexedTo = index.Count == 0 ? 0 : index.Entries[^1].Position,
        };
        _segments.Add(segment);
        if (found.Bytes == file.Length)
        {
            if (isOnDevice && !isLast)
                segment.Summary = found with { IsSealed = true, EndOffset = Math.Min(Math.Max(found.EndOffset, found.IsCompacted ? bases[at + 1] : 0), bases[at + 1]) };
            return true;
        }
        if (!isOnDevice)
        {
            CutTail(file, found);
            return isLast;
        }
        Report(found.EndOffset, file.Path, "what follows cannot be read");
        segment.Summary = found with { IsSealed = true, IsCompacted = true, EndOffset = isLast ? found.EndOffset : bases[at + 1] };
        return true;
    }

    private void CheckLength(IStorageFile file, SegmentSummary summary)
    {
        var length = file.Length;
        if (length < summary.Bytes)
            Report(summary.BaseOffset, file.Path, $"{summary.Bytes - length} bytes are missing at its end");
    }

    /// <summary>Offsets between two segments that nobody compacted away.</summary>
    private void CheckGapBefore(long baseOffset)
    {
        if (_segments.Count > 0 && _segments[^1] is { Summary.IsCompacted: false } before && before.EndOffset < baseOffset)
            Report(before.EndOffset, directory.Path, $"records up to offset {baseOffset} are missing");
    }

    private void CutTail(IStorageFile file, SegmentSummary found)
    {
        var bytes = file.Length - found.Bytes;
        if (HasMoreThanOneTornBatch(file, found.Bytes))
            KeepTail(file, found);
        file.SetLength(found.Bytes);
        store.LogTorn(log, bytes, file.Path, found.EndOffset);
    }

    /// <summary>The usual end after a crash is one batch that stops short, or zeros. Anything else may be worth something.</summary>
    private static bool HasMoreThanOneTornBatch(IStorageFile file, int position)
    {
        using var cursor = new BatchCursor(file, long.MaxValue);
        if (cursor.TryRead(position, out var torn) && torn.End >= file.Length)
            return false;
        Span<byte> piece = stackalloc byte[1024];
        for (long at = position; ; at += piece.Length)
        {
            var read = file.Read(at, piece);
            if (piece[..read].ContainsAnyExcept((byte)0))
                return file.Length - position > 64;
            if (read < piece.Length)
                return false;
        }
    }

    private void KeepTail(IStorageFile file, SegmentSummary found)
    {
        using var kept = directory.OpenFile($"{SegmentNames.Log(found.BaseOffset)}.{found.Bytes}{SegmentNames.AsideSuffix}", create: true);
        kept.SetLength(0);
        var piece = new byte[1 << 20];
        for (long at = found.Bytes; file.Read(at, piece) is > 0 and var read; at += read)
            kept.Write(at - found.Bytes, piece.AsSpan(0, read));
        kept.Sync();
        directory.Sync();
    }

    private void SetAside(List<long> bases, int from)
    {
        for (var i = bases.Count - 1; i >= from; i--)
        {
            var name = SegmentNames.Log(bases[i]);
            directory.DeleteFile(SegmentNames.Index(bases[i]));
            directory.RenameFile(name, name + SegmentNames.AsideSuffix);
        }
        if (from < bases.Count)
            directory.Sync();
    }

    private void Report(long offset, string path, string what) => store.Report(new LogTrouble(log, new Offset(offset), path, what));
}
