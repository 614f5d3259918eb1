using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Walks;

/// <summary>Walks over the headers of a segment's batches, each of which must continue the one before. Ends at the end of the segment, or where the chain is broken.</summary>
internal struct BatchChain(BatchCursor cursor, SegmentFile segment, int position, long next)
{
    private BatchInfo _current;

    public readonly BatchInfo Current => _current;

    /// <summary>Where the next batch begins, and with which offset.</summary>
    public int Position { get; private set; } = position;

    public long Next { get; private set; } = next;

    /// <summary>The chain ends before the segment does.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Reads the batch at the position without going on.</summary>
    public bool Peek()
    {
        if (Position >= segment.Bytes)
            return false;
        IsBroken = !cursor.TryRead(Position, out _current) || !SegmentWalk.Continues(_current, Next, segment);
        return !IsBroken;
    }

    public void Pass()
    {
        Position = _current.End;
        Next = _current.LastOffset + 1;
    }

    public bool MoveNext()
    {
        if (!Peek())
            return false;
        Pass();
        return true;
    }
}
