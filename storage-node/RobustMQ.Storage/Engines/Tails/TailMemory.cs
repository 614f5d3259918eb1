namespace RobustMQ.Storage.Engines.Tails;

/// <summary>What the tails of an engine's logs may take together. Past that the chunk that was begun first goes, whosever it is: a log that is at rest gives its memory to those that are not.</summary>
internal sealed class TailMemory(long bytesMax)
{
    /// <summary>Together; with both durable engines in use twice as much.</summary>
    public const long DefaultBytesMax = 64L << 20;

    public long BytesMax => bytesMax;

    private readonly LinkedList<TailChunk> _chunks = new();
    private readonly Lock _lock = new();
    private long _bytes;
    private long _reads;

    /// <summary>Bytes that tails have at present.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Reads that were answered from memory alone.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    public void CountRead() => Interlocked.Increment(ref _reads);

    /// <summary>Called without a tail's lock: others may lose chunks by it.</summary>
    public void Add(TailChunk chunk)
    {
        lock (_lock)
        {
            chunk.Node = _chunks.AddLast(chunk);
            _bytes += chunk.Capacity;
        }
        while (Oldest(chunk) is { } oldest)
            oldest.Tail.Drop(oldest);
    }

    /// <summary>The tail has let go of a chunk.</summary>
    public void Remove(TailChunk chunk)
    {
        lock (_lock)
        {
            if (chunk.Node?.List is null)
                return;
            _chunks.Remove(chunk.Node);
            _bytes -= chunk.Capacity;
        }
    }

    private TailChunk? Oldest(TailChunk but)
    {
        lock (_lock)
            return _bytes > bytesMax && _chunks.First is { } first && first.Value != but ? first.Value : null;
    }
}
