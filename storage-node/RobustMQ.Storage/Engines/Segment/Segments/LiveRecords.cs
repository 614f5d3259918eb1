using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines.Segment.Reads;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Segments;

/// <summary>
/// Which records of a batch are still there. The header says how many it was written with, the segment which of them were removed since; a batch with gaps must be opened for it. Under the
/// log's lock.
/// </summary>
internal sealed class LiveRecords(SegmentBatches batches) : IDisposable
{
    private readonly OpenedBatch _opened = new();

    /// <summary>Whether a batch has a record at an offset, removed or not.</summary>
    /// <exception cref="StorageException">The batch is damaged.</exception>
    public bool Has(SegmentFile segment, in BatchInfo batch, long offset)
    {
        if (batch.IsDense)
            return true;
        var bytes = batches.Read(segment, batch);
        if (!_opened.TryOpen(bytes))
            return false;
        var reader = _opened.Read(bytes);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset.Value == offset)
                return true;
        }
        return false;
    }

    /// <summary>The first at or behind an offset, -1 for none. What cannot be read is not gone.</summary>
    public long FindFirst(SegmentFile segment, in BatchInfo batch, long from)
    {
        if (!batch.IsDense)
            return FindFirstRead(segment, batch, from);
        if (segment.Dead is null)
            return from;
        for (var offset = from; offset <= batch.LastOffset; offset++)
        {
            if (!segment.Dead.Contains(offset))
                return offset;
        }
        return -1;
    }

    /// <summary>Records of a batch in its file before an offset, removed or not.</summary>
    public long CountBefore(SegmentFile segment, in BatchInfo batch, long offset)
    {
        if (batch.IsDense)
            return offset - batch.BaseOffset;
        var count = 0L;
        if (!batches.TryOpen(segment, batch, _opened, out var bytes))
            return 0;
        var reader = _opened.Read(bytes);
        while (reader.MoveNext())
            count += reader.Current.Offset.Value < offset ? 1 : 0;
        return count;
    }

    /// <summary>Records of a batch from an offset on that are still there.</summary>
    public long Count(SegmentFile segment, in BatchInfo batch, long from)
    {
        var first = Math.Max(batch.BaseOffset, from);
        var count = batch.RecordCount - (first > batch.BaseOffset ? CountBefore(segment, batch, first) : 0);
        if (segment.Dead is null)
            return count;
        for (var offset = first; offset <= batch.LastOffset; offset++)
            count -= segment.Dead.Contains(offset) ? 1 : 0;
        return count;
    }

    /// <summary>The offset behind some of the records of a batch that are still there.</summary>
    public long OffsetBehind(SegmentFile segment, in BatchInfo batch, long start, long records)
    {
        var first = Math.Max(batch.BaseOffset, start);
        if (batch.IsDense && segment.Dead is null)
            return first + records;
        var alive = Count(segment, batch, first);
        for (var offset = first; ; offset++)
        {
            if (alive - Count(segment, batch, offset) == records)
                return offset;
        }
    }

    /// <summary>The first at or behind an offset with a time or a later one. A batch that cannot be opened stands for all its records.</summary>
    public (Offset Offset, long TimestampMs)? FindTime(SegmentFile segment, byte[] batch, long from, long timeMs)
    {
        if (!_opened.TryOpen(batch))
            return (new Offset(Math.Max(from, new RecordBatchHeader(batch).BaseOffset.Value)), new RecordBatchHeader(batch).MaxTimestampMs);
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            var record = reader.Current;
            if (record.TimestampMs >= timeMs && record.Offset.Value >= from && segment.Dead?.Contains(record.Offset.Value) != true)
                return (record.Offset, record.TimestampMs);
        }
        return null;
    }

    /// <summary>A batch that ends before an offset and has what is still there from another one on; empty where nothing is.</summary>
    public byte[] CutBatch(SegmentFile segment, byte[] batch, long from, long end)
    {
        if (!_opened.TryOpen(batch))
            return [];
        var kept = new List<int>();
        var reader = _opened.Read(batch);
        for (var i = 0; reader.MoveNext(); i++)
        {
            var offset = reader.Current.Offset.Value;
            if (offset < end && offset >= from && segment.Dead?.Contains(offset) != true)
                kept.Add(i);
        }
        if (kept.Count == 0)
            return [];
        using var cut = new PooledBytes();
        BatchSelection.Write(_opened, batch, kept, cut, (int)(end - new RecordBatchHeader(batch).BaseOffset.Value) - 1);
        return cut.Span.ToArray();
    }

    public void Dispose() => _opened.Dispose();

    private long FindFirstRead(SegmentFile segment, in BatchInfo batch, long from)
    {
        if (!batches.TryOpen(segment, batch, _opened, out var bytes))
            return from;
        var reader = _opened.Read(bytes);
        while (reader.MoveNext())
        {
            var offset = reader.Current.Offset.Value;
            if (offset >= from && segment.Dead?.Contains(offset) != true)
                return offset;
        }
        return -1;
    }
}
