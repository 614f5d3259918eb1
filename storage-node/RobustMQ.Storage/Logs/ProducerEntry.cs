using RobustMQ.Records;

namespace RobustMQ.Storage.Logs;

/// <summary>What a log remembers of one idempotent producer: its epoch, and where its last batches went.</summary>
internal sealed class ProducerEntry(int batchesMax)
{
    private (int FirstSequence, int LastSequence, Offset Base)[] _batches = new (int, int, Offset)[4];
    private int _first;
    private int _count;

    public short Epoch { get; private set; } = -1;

    public long SeenMs { get; set; }

    /// <summary>Of who ended the producer's last transaction; -1: none was ended.</summary>
    public int CoordinatorEpoch { get; set; } = -1;

    /// <summary>Where that lies.</summary>
    public Offset MarkerOffset { get; set; } = Offset.None;

    /// <summary>More of it than is known was appended, and removed again.</summary>
    public bool MayHaveGoneOn { get; set; }

    /// <summary>Nothing of the present epoch is known.</summary>
    public bool IsNew => _count == 0;

    public int LastSequence => _batches[(_first + _count - 1) % _batches.Length].LastSequence;

    /// <summary>Batches that are remembered, oldest first.</summary>
    public int Count => _count;

    public (int FirstSequence, int LastSequence, Offset Base) BatchAt(int index) => _batches[(_first + index) % _batches.Length];

    public void BeginEpoch(short epoch)
    {
        Epoch = epoch;
        _first = _count = 0;
    }

    public void Add(int firstSequence, int lastSequence, Offset baseOffset)
    {
        if (_count == _batches.Length && _count < batchesMax)
            Grow();
        if (_count == _batches.Length)
        {
            _first = (_first + 1) % _batches.Length;
            _count--;
        }
        _batches[(_first + _count++) % _batches.Length] = (firstSequence, lastSequence, baseOffset);
        MayHaveGoneOn = false;
    }

    /// <summary>Where a remembered batch begins; <see cref="Offset.None"/> for one that is no longer remembered.</summary>
    public Offset FindBatch(int firstSequence, int lastSequence)
    {
        for (var i = _count - 1; i >= 0; i--)
        {
            var batch = _batches[(_first + i) % _batches.Length];
            if (batch.FirstSequence == firstSequence && batch.LastSequence == lastSequence)
                return batch.Base;
        }
        return Offset.None;
    }

    private void Grow()
    {
        var larger = new (int, int, Offset)[Math.Min(_batches.Length * 2, batchesMax)];
        for (var i = 0; i < _count; i++)
            larger[i] = _batches[(_first + i) % _batches.Length];
        _batches = larger;
        _first = 0;
    }
}
