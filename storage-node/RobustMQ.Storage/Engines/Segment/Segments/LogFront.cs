using RobustMQ.Records.Batches;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Segments;

/// <summary>
/// Where in its first segment a log begins. Whole batches before it are passed over, and not counted; the batch that holds the start is walked over still. Changed under the log's lock.
/// </summary>
internal sealed class LogFront(SegmentStore store, LiveRecords records)
{
    private SegmentFile? _first;
    private long _next;
    private long _passedRecords;

    /// <summary>Where in the first file the batch lies that holds the start: bytes that are no part of the log any more.</summary>
    public int PassedBytes { get; private set; }

    /// <summary>Records of the first file before the start that are not counted as removed one by one.</summary>
    public long Gone { get; private set; }

    /// <param name="first">The log begins with it as a whole, until it is moved on; null: the log has no segment.</param>
    public void Begin(SegmentFile? first)
    {
        _first = first;
        _next = first?.BaseOffset ?? 0;
        _passedRecords = 0;
        PassedBytes = 0;
        Gone = 0;
    }

    /// <summary>Counts the first file's records before an offset as gone, those that were removed one by one no longer twice.</summary>
    public void MoveTo(long offset)
    {
        var first = _first!;
        using var walk = Walk(first, RecordBatchHeader.Size);
        _passedRecords += walk.PassTo(offset);
        PassedBytes = walk.Position;
        _next = walk.Next;
        var batch = walk.Current;
        var isWithin = PassedBytes < first.Bytes && !walk.IsBroken && batch.BaseOffset < offset;
        Gone = _passedRecords + (isWithin ? records.CountBefore(first, batch, offset) : 0);
        // Those of the batch that holds the start stay, so that reads go on leaving them out; they are counted once.
        var passed = isWithin ? batch.BaseOffset : offset;
        first.Dead?.RemoveWhere(dead => dead < passed);
        Gone -= first.Dead?.Count(dead => dead < offset) ?? 0;
    }

    /// <summary>Over the batches of a segment that may hold records of the log.</summary>
    public BatchWalk Walk(SegmentFile segment, int windowBytes) => Walk(segment, IndexEntry.Beginning, windowBytes);

    /// <param name="from">Where to begin, unless the log itself begins behind it.</param>
    public BatchWalk Walk(SegmentFile segment, IndexEntry from, int windowBytes) =>
        segment == _first && from.Position <= PassedBytes
            ? new BatchWalk(store.Files, segment, PassedBytes, _next, windowBytes)
            : new BatchWalk(store.Files, segment, from.Position, segment.BaseOffset + from.RelativeOffset, windowBytes);
}
