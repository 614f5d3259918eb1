using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Walks;

/// <summary>A <see cref="BatchChain"/> together with the file that it walks over, which stays open until this is disposed, once.</summary>
internal ref struct BatchWalk
{
    private readonly FileLease _lease;
    private readonly BatchCursor _cursor;
    private BatchChain _chain;

    /// <param name="position">Where the first batch begins, and with which offset.</param>
    public BatchWalk(OpenFiles files, SegmentFile segment, int position, long next, int windowBytes)
    {
        _lease = files.Use(segment.Slot);
        _cursor = new BatchCursor(_lease.File, segment.Bytes, windowBytes);
        _chain = new BatchChain(_cursor, segment, position, next);
    }

    public readonly BatchInfo Current => _chain.Current;

    /// <summary>The bytes of the current batch, valid until the walk goes on.</summary>
    public readonly ReadOnlySpan<byte> CurrentBytes => _cursor.Bytes(_chain.Current.Position, _chain.Current.Length);

    /// <summary>Where the next batch begins, and with which offset.</summary>
    public readonly int Position => _chain.Position;

    public readonly long Next => _chain.Next;

    /// <summary>The walk ended before the segment does.</summary>
    public readonly bool IsBroken => _chain.IsBroken;

    public bool MoveNext() => _chain.MoveNext();

    /// <summary>Passes over the batches that end before an offset.</summary>
    /// <returns>Records in them.</returns>
    public long PassTo(long offset)
    {
        var records = 0L;
        while (_chain.Peek() && _chain.Current.LastOffset < offset)
        {
            records += _chain.Current.RecordCount;
            _chain.Pass();
        }
        return records;
    }

    public readonly void Dispose()
    {
        _cursor.Dispose();
        _lease.Dispose();
    }
}
