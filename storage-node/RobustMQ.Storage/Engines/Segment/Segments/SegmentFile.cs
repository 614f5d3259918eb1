using RobustMQ.Records;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Segments;

/// <summary>One segment of an open log: its file, what is known of it, and which of its records were removed one by one. Changed under the log's lock.</summary>
internal sealed class SegmentFile(FileSlot slot, SegmentSummary summary, SparseIndex? index)
{
    public FileSlot Slot { get; } = slot;

    public SegmentSummary Summary { get; set; } = summary;

    public long BaseOffset => Summary.BaseOffset;

    public long EndOffset => Summary.EndOffset;

    public int Bytes => Summary.Bytes;

    /// <summary>Null until it is needed, for segments that were there at the start.</summary>
    public SparseIndex? Index { get; set; } = index;

    /// <summary>Bytes that are on the device for certain.</summary>
    public int SyncedBytes { get; set; }

    /// <summary>Position of the last index entry.</summary>
    public int IndexedTo { get; set; }

    /// <summary>Up to where no record carries an expiry: readers that have looked tell those that follow. A file's bytes do not change.</summary>
    public int PlainTo { get; set; }

    /// <summary>Offsets of removed records that are still in the file; null for none.</summary>
    public HashSet<long>? Dead { get; set; }

    public int DeadCount => Dead?.Count ?? 0;

    /// <summary>About what the removed records take.</summary>
    public long DeadBytes { get; set; }

    /// <summary>A job for it is waiting.</summary>
    public bool IsBusy { get; set; }

    /// <summary>A record of one of its batches was removed.</summary>
    public void MarkDead(long offset, in BatchInfo batch)
    {
        Dead ??= [];
        if (Dead.Add(offset))
            DeadBytes += batch.Length / batch.RecordCount;
    }

    /// <summary>A disk that has no room for a whole segment may have room for the next batches.</summary>
    public static IStorageFile Create(SegmentLog log, string name, long reserveBytes)
    {
        try
        {
            return log.Directory.OpenFile(name, create: true, reserveBytes);
        }
        catch (StorageException error)
        {
            if (reserveBytes == 0)
            {
                log.ReportPassing(name, error.Message);
                throw;
            }
            return Create(log, name, reserveBytes: 0);
        }
    }

    public void Add(in BatchInfo batch, int indexIntervalBytes)
    {
        if (batch.Position - IndexedTo >= indexIntervalBytes)
        {
            Index!.Add(new IndexEntry((uint)(batch.BaseOffset - BaseOffset), batch.Position, Summary.MaxTimestampMs));
            IndexedTo = batch.Position;
        }
        Summary = Summary.With(batch);
    }
}
