using System.Runtime.InteropServices;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Segments;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Rewrites;

/// <summary>
/// Writes a sealed segment again without the records that were removed from it, and puts it in the old one's place. Until the new index is there, under a name of its own, nothing has
/// changed; from then on the swap is only carried out, by recovery where it must be.
/// </summary>
internal sealed class SegmentCompaction(SegmentLog log) : IDisposable
{
    private const int WindowBytes = 1 << 20;

    private readonly PooledBytes _rest = new();
    private readonly OpenedBatch _opened = new();
    private readonly List<int> _kept = [];

    /// <summary>Puts a rewritten segment in the old one's place.</summary>
    public static void Finish(IStorageDirectory directory, long baseOffset)
    {
        if (directory.FileExists(SegmentNames.Compacted(baseOffset)))
        {
            directory.RenameFile(SegmentNames.Compacted(baseOffset), SegmentNames.Log(baseOffset));
            directory.Sync();
        }
        directory.RenameFile(SegmentNames.CompactedIndex(baseOffset), SegmentNames.Index(baseOffset));
        directory.Sync();
    }

    /// <summary>Where the disk refuses, a later round of retention tries again.</summary>
    public static void Run(SegmentLog log, SegmentFile segment)
    {
        try
        {
            using var compaction = new SegmentCompaction(log);
            compaction.Run(segment);
        }
        catch (StorageException error)
        {
            log.ReportPassing(segment.Slot.Name, $"could not be compacted: {error.Message}");
        }
    }

    private void Run(SegmentFile segment)
    {
        HashSet<long> dead;
        FileLease lease;
        lock (log.Lock)
        {
            if (segment.Dead is null || !log.Segments.Files.Contains(segment) || segment == log.Segments.Files[0])
            {
                segment.IsBusy = false;
                return;
            }
            dead = [.. segment.Dead];
            lease = log.Store.Files.Use(segment.Slot);
        }
        try
        {
            using (lease)
                Write(lease.File, segment, dead);
        }
        catch (StorageException) when (!IsDecided(segment))
        {
            log.Directory.DeleteFile(SegmentNames.Compacted(segment.BaseOffset));
            throw;
        }
        catch (StorageException error)
        {
            // Which of the two files the name leads to is not known: the next start finishes the swap.
            log.Fail(error);
            throw;
        }
        finally
        {
            segment.IsBusy = false;
        }
    }

    public void Dispose()
    {
        _rest.Dispose();
        _opened.Dispose();
    }

    private bool IsDecided(SegmentFile segment) => log.Directory.FileExists(SegmentNames.CompactedIndex(segment.BaseOffset));

    private void Write(IStorageFile source, SegmentFile segment, HashSet<long> dead)
    {
        var unfinished = SegmentNames.Compacted(segment.BaseOffset);
        var summary = SegmentSummary.Empty(segment.BaseOffset) with { IsSealed = true, IsCompacted = true };
        var index = new SparseIndex();
        using (var file = log.Directory.OpenFile(unfinished, create: true))
        {
            file.SetLength(0);
            if (!TryCopy(source, segment, dead, file, ref summary, index))
            {
                log.Directory.DeleteFile(unfinished);
                return;
            }
            file.Sync();
        }
        Swap(segment, dead, summary with { EndOffset = segment.EndOffset, LastEpoch = segment.Summary.LastEpoch }, index);
    }

    private bool TryCopy(IStorageFile source, SegmentFile segment, HashSet<long> dead, IStorageFile target, ref SegmentSummary summary, SparseIndex index)
    {
        using var cursor = new BatchCursor(source, segment.Bytes, WindowBytes);
        var position = 0;
        var indexedTo = 0;
        for (; cursor.TryRead(position, out var batch); position = batch.End)
        {
            var bytes = cursor.Bytes(batch);
            if (!BatchInfo.IsIntact(bytes))
            {
                log.Damaged(segment, batch.BaseOffset, "a batch does not have the checksum it was stored with");
                return false;
            }
            var rest = Filter(bytes, batch, dead);
            if (rest.IsEmpty)
                continue;
            target.Write(summary.Bytes, rest);
            BatchInfo.TryParse(rest, summary.Bytes, int.MaxValue, out var copied);
            if (copied.Position - indexedTo >= log.Store.Options.IndexIntervalBytes)
            {
                index.Add(new IndexEntry((uint)(copied.BaseOffset - segment.BaseOffset), copied.Position, summary.MaxTimestampMs));
                indexedTo = copied.Position;
            }
            summary = summary.With(copied);
        }
        return position == segment.Bytes;
    }

    /// <summary>What is left of a batch. The fields of its producer stay.</summary>
    private ReadOnlySpan<byte> Filter(ReadOnlySpan<byte> bytes, in BatchInfo batch, HashSet<long> dead)
    {
        if (!_opened.TryOpen(bytes))
            return bytes;
        _kept.Clear();
        var reader = _opened.Read(bytes);
        for (var i = 0; reader.MoveNext(); i++)
        {
            if (!dead.Contains(reader.Current.Offset.Value))
                _kept.Add(i);
        }
        if (_kept.Count == batch.RecordCount)
            return bytes;
        _rest.Clear();
        if (_kept.Count > 0)
            RecordBatchSlicer.Write(bytes, _opened.Records(bytes), CollectionsMarshal.AsSpan(_kept), _rest);
        return _rest.Span;
    }

    private void Swap(SegmentFile segment, HashSet<long> dead, SegmentSummary summary, SparseIndex index)
    {
        lock (log.Lock)
        {
            if (!log.Segments.Files.Contains(segment))
            {
                log.Directory.DeleteFile(SegmentNames.Compacted(segment.BaseOffset));
                return;
            }
            IndexFile.Write(log.Directory, SegmentNames.CompactedIndex(segment.BaseOffset), summary, index);
            Finish(log.Directory, segment.BaseOffset);
            var replacement = new SegmentFile(new FileSlot(log.Directory, SegmentNames.Log(segment.BaseOffset)), summary, index) { SyncedBytes = summary.Bytes };
            foreach (var offset in segment.Dead ?? [])
            {
                if (!dead.Contains(offset))
                    (replacement.Dead ??= []).Add(offset);
            }
            log.Segments.Replace(segment, replacement);
            log.OnReplaced();
        }
    }
}
