using RobustMQ.Records;

namespace RobustMQ.Storage.Engines.Memory;

/// <summary>The slabs of one log, oldest first. Every slab in it holds at least one batch, except the newest.</summary>
internal sealed class SlabRing
{
    private Slab[] _slabs = new Slab[4];
    private int _head;

    public int Count { get; private set; }

    public Slab this[int index] => _slabs[(_head + index) % _slabs.Length];

    public Slab First => this[0];

    public Slab Last => this[Count - 1];

    public void Add(Slab slab)
    {
        if (Count == _slabs.Length)
            Grow();
        _slabs[(_head + Count++) % _slabs.Length] = slab;
    }

    public void DropFirst()
    {
        var slab = First;
        _slabs[_head] = null!;
        _head = (_head + 1) % _slabs.Length;
        Count--;
        slab.Unpin();
    }

    public void DropLast()
    {
        var slab = Last;
        _slabs[(_head + --Count) % _slabs.Length] = null!;
        slab.Unpin();
    }

    public void Clear()
    {
        while (Count > 0)
            DropLast();
    }

    /// <summary>Where reading from an offset begins: the batch that holds it or the next one. False where there is none.</summary>
    public bool TryFind(Offset offset, out int slab, out int batch)
    {
        slab = FindSlab(offset);
        batch = this[slab].FindBatch(offset);
        if (batch < 0)
            batch = 0;
        else if (this[slab].HeaderOf(batch).LastOffset < offset)
            batch++;
        return Settle(ref slab, ref batch);
    }

    /// <summary>Moves a position behind a slab's last batch to the next slab's first.</summary>
    public bool Settle(ref int slab, ref int batch)
    {
        while (slab < Count && batch >= this[slab].Count)
        {
            slab++;
            batch = 0;
        }
        return slab < Count;
    }

    private int FindSlab(Offset offset)
    {
        var low = 0;
        var high = Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (this[middle].Count > 0 && this[middle].HeaderOf(0).BaseOffset <= offset)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private void Grow()
    {
        var larger = new Slab[_slabs.Length * 2];
        for (var i = 0; i < Count; i++)
            larger[i] = this[i];
        _slabs = larger;
        _head = 0;
    }
}
