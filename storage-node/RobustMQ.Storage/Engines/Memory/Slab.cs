using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.Memory;

/// <summary>
/// A block of memory with whole batches one behind the other, and where each begins. Bytes once written never change while the slab is pinned: readers copy them
/// without the log's lock. The log pins its slabs, each reader those it copies from; the last to let go returns the slab to the pool.
/// </summary>
internal sealed class Slab(SlabPool pool, int bytes)
{
    private int[] _positions = new int[16];
    private int _first;
    private int _end;
    private int _pins = 1;

    public byte[] Bytes { get; } = new byte[bytes];

    /// <summary>Where the next batch goes.</summary>
    public int Used { get; private set; }

    public int Count => _end - _first;

    /// <summary>Records of its batches that were removed one by one.</summary>
    public int DeadCount { get; set; }

    /// <summary>At least the greatest timestamp in it, Unix ms.</summary>
    public long MaxTimestampMs { get; private set; } = long.MinValue;

    public int PositionOf(int index) => _positions[_first + index];

    public RecordBatchHeader HeaderOf(int index) => new(Bytes.AsSpan(PositionOf(index)));

    public Span<byte> BatchOf(int index) => Bytes.AsSpan(PositionOf(index), (int)HeaderOf(index).TotalBytes);

    public bool HasRoomFor(int batchBytes) => Bytes.Length - Used >= batchBytes;

    /// <summary>Copies a batch behind the others; nobody sees it before <see cref="Publish"/>.</summary>
    public Span<byte> Write(ReadOnlySpan<byte> batch)
    {
        var target = Bytes.AsSpan(Used, batch.Length);
        batch.CopyTo(target);
        return target;
    }

    public void Publish(int batchBytes, long maxTimestampMs)
    {
        if (_end == _positions.Length)
            Array.Resize(ref _positions, _positions.Length * 2);
        _positions[_end++] = Used;
        Used += batchBytes;
        MaxTimestampMs = Math.Max(MaxTimestampMs, maxTimestampMs);
    }

    public void DropFirst() => _first++;

    public void DropLast() => _end--;

    /// <summary>Index of the last batch that begins at or before an offset; -1 where all begin behind it.</summary>
    public int FindBatch(Offset offset)
    {
        var low = 0;
        var high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (HeaderOf(middle).BaseOffset <= offset)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return high;
    }

    public void Pin() => Interlocked.Increment(ref _pins);

    public void Unpin()
    {
        if (Interlocked.Decrement(ref _pins) == 0)
            pool.Return(this);
    }

    public void Reset()
    {
        _first = _end = Used = DeadCount = 0;
        MaxTimestampMs = long.MinValue;
        _pins = 1;
    }
}
