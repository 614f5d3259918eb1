using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Reads;

/// <summary>Where the last reads stopped. Under the log's lock.</summary>
internal sealed class ReadHints
{
    private const int Size = 8;

    private readonly (SegmentFile? Segment, long Offset, int Position)[] _hints = new (SegmentFile?, long, int)[Size];
    private int _next;

    public void Add(SegmentFile segment, long offset, int position)
    {
        _hints[_next] = (segment, offset, position);
        _next = (_next + 1) % Size;
    }

    /// <summary>Position of the batch that begins with an offset; -1 where that is not known.</summary>
    public int Find(SegmentFile segment, long offset)
    {
        foreach (var hint in _hints)
        {
            if (hint.Segment == segment && hint.Offset == offset)
                return hint.Position;
        }
        return -1;
    }
}
