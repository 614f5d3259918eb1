namespace RobustMQ.Storage.Engines.Memory;

/// <summary>Slabs that were used before, by size. Sizes are powers of four, so that a log of a few records takes 4 KiB and a busy one few large slabs.</summary>
internal sealed class SlabPool
{
    /// <summary>Largest pooled slab; a batch that does not fit gets a slab of its own, which is not kept.</summary>
    public const int SlabBytesMax = 1 << 20;

    private const int SlabBytesMin = 4 << 10;

    /// <summary>Unused slabs that are kept, bytes.</summary>
    private const long PooledBytesMax = 64 << 20;

    private readonly Dictionary<int, Stack<Slab>> _free = [];
    private readonly Lock _lock = new();
    private long _pooledBytes;

    /// <summary>A slab of at least these bytes, empty and pinned once.</summary>
    public Slab Take(int bytes)
    {
        var size = SlabBytesMin;
        while (size < bytes && size < SlabBytesMax)
            size *= 4;
        size = Math.Max(size, bytes);
        lock (_lock)
        {
            if (_free.TryGetValue(size, out var free) && free.TryPop(out var slab))
            {
                _pooledBytes -= size;
                slab.Reset();
                return slab;
            }
        }
        return new Slab(this, size);
    }

    public void Return(Slab slab)
    {
        var size = slab.Bytes.Length;
        if (size > SlabBytesMax)
            return;
        lock (_lock)
        {
            if (_pooledBytes + size > PooledBytesMax)
                return;
            _pooledBytes += size;
            if (!_free.TryGetValue(size, out var free))
                _free.Add(size, free = new Stack<Slab>());
            free.Push(slab);
        }
    }
}
