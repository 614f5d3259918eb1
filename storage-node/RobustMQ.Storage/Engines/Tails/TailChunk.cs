using System.Runtime.InteropServices;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.Tails;

/// <summary>
/// Memory with whole batches one behind the other, as they were appended. Bytes once published never change while the chunk is pinned: readers copy them without a lock. The log's tail pins
/// its chunks, and so does everybody who copies from one; the last to let go frees the memory, which the collector knows nothing of: what lives for minutes and is then replaced at the pace of
/// the appends would cost it more than it is. Everything but the pins belongs to the tail's lock.
/// </summary>
internal sealed unsafe class TailChunk(LogTail tail, int bytes)
{
    /// <summary>From one entry of the index to the next: what a reader that begins in the middle walks over at most.</summary>
    private const int IndexIntervalBytes = 4 << 10;

    private readonly void* _bytes = NativeMemory.Alloc((nuint)bytes);
    private readonly List<(long Base, int Position)> _index = [];
    private int _pins = 1;

    public LogTail Tail { get; } = tail;

    public int Capacity => bytes;

    /// <summary>Where the next batch goes.</summary>
    public int Used { get; private set; }

    /// <summary>Offset of the first record.</summary>
    public long First { get; private set; }

    /// <summary>Offset behind the last record.</summary>
    public long End { get; private set; }

    /// <summary>The tail no longer has it.</summary>
    public bool IsGone { get; set; }

    /// <summary>Its place among the chunks of all logs.</summary>
    public LinkedListNode<TailChunk>? Node { get; set; }

    private Span<byte> Bytes => new(_bytes, bytes);

    public bool HasRoomFor(int batchBytes) => bytes - Used >= batchBytes;

    public Span<byte> Room(int batchBytes) => Bytes.Slice(Used, batchBytes);

    public ReadOnlySpan<byte> Published(int from, int to) => Bytes[from..to];

    public void Publish(int batchBytes, long baseOffset, long end)
    {
        if (Used == 0)
            First = baseOffset;
        if (_index.Count == 0 || Used - _index[^1].Position >= IndexIntervalBytes)
            _index.Add((baseOffset, Used));
        Used += batchBytes;
        End = end;
    }

    /// <summary>Position of the batch that holds an offset which lies in the chunk.</summary>
    public int Find(long offset)
    {
        var low = 0;
        for (var high = _index.Count - 1; low < high;)
        {
            var middle = (low + high + 1) / 2;
            if (_index[middle].Base <= offset)
                low = middle;
            else
                high = middle - 1;
        }
        var position = _index[low].Position;
        while (new RecordBatchHeader(Bytes[position..]) is var header && header.LastOffset.Value < offset)
            position += (int)header.TotalBytes;
        return position;
    }

    public long BaseAt(int position) => new RecordBatchHeader(Bytes[position..]).BaseOffset.Value;

    /// <summary>Under the tail's lock, while the tail has it.</summary>
    public void Pin() => Interlocked.Increment(ref _pins);

    public void Unpin()
    {
        if (Interlocked.Decrement(ref _pins) == 0)
            NativeMemory.Free(_bytes);
    }
}
