using RobustMQ.Records;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Segments;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Reads;

/// <summary>Finds and reads single batches of a log's segments. Under the log's lock.</summary>
internal sealed class SegmentBatches(SegmentStore store, SegmentLog log)
{
    public SparseIndex IndexOf(SegmentFile segment)
    {
        if (segment.Index is { } present)
            return present;
        var index = IndexFile.TryReadEntries(log.Directory, segment.Summary);
        if (index is null)
        {
            index = new SparseIndex();
            using var lease = store.Files.Use(segment.Slot);
            SegmentIndexing.Rebuild(lease.File, segment.Summary, index, store.Options.IndexIntervalBytes);
        }
        segment.Index = index;
        segment.IndexedTo = index.Count == 0 ? 0 : index.Entries[^1].Position;
        return index;
    }

    /// <summary>The first batch that ends at or behind an offset.</summary>
    /// <exception cref="StorageException">The way there is damaged.</exception>
    public bool TryFind(SegmentFile segment, long offset, out BatchInfo batch)
    {
        using var lease = store.Files.Use(segment.Slot);
        using var cursor = new BatchCursor(lease.File, segment.Bytes);
        var entry = IndexOf(segment).FindOffset((uint)Math.Max(0, offset - segment.BaseOffset));
        if (SegmentWalk.TryFind(cursor, segment, entry, offset, out batch, out var isBroken))
            return true;
        return isBroken ? throw log.Damaged(segment, offset, "the batches before it do not follow each other") : false;
    }

    /// <exception cref="StorageException">The batch is damaged.</exception>
    public byte[] Read(SegmentFile segment, in BatchInfo batch)
    {
        var bytes = new byte[batch.Length];
        using var lease = store.Files.Use(segment.Slot);
        if (lease.File.Read(batch.Position, bytes) != bytes.Length || !BatchInfo.IsIntact(bytes))
            throw log.Damaged(segment, batch.BaseOffset, "a batch does not have the checksum it was stored with");
        return bytes;
    }

    /// <summary>For counting: false where the batch is damaged, which is reported, or cannot be opened.</summary>
    public bool TryOpen(SegmentFile segment, in BatchInfo batch, OpenedBatch opened, out byte[] bytes)
    {
        bytes = [];
        try
        {
            bytes = Read(segment, batch);
        }
        catch (StorageException)
        {
            return false;
        }
        return opened.TryOpen(bytes);
    }
}
