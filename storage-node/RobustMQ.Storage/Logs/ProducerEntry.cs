using RobustMQ.Records;

namespace RobustMQ.Storage.Logs;

/// <summary>What a log remembers of one idempotent producer: its epoch, and where its last batches went.</summary>
internal sealed class ProducerEntry(int batchesMax)
{
    private (int FirstSequence, int LastSequence, Offset Base)[] _batches = new (int, int, Offset)[4];
    private int _first;
    private int _count;

    /// <summary>Numbers back from the last one, itself included, that have all been here in this epoch.</summary>
    private long _reach;

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

    /// <summary>Takes in a batch that is appended now. Where it does not go on from the last one, nobody knows what became of the numbers between them.</summary>
    public void Add(int firstSequence, int lastSequence, Offset baseOffset)
    {
        var count = Sequences.Distance(firstSequence, lastSequence) + 1;
        _reach = !IsNew && Sequences.Distance(LastSequence, firstSequence) == 1 ? _reach + count : count;
        Remember(firstSequence, lastSequence, baseOffset);
    }

    /// <summary>Takes in a batch from before this start. What lies between it and the last one was in the log too, and is gone.</summary>
    /// <param name="mayHaveBegunBefore">Batches that came before it are gone as well.</param>
    public void Load(int firstSequence, int lastSequence, Offset baseOffset, bool mayHaveBegunBefore)
    {
        var count = Sequences.Distance(firstSequence, lastSequence) + 1;
        if (!IsNew)
            _reach = Math.Max(count, _reach + Sequences.Distance(LastSequence, lastSequence));
        else
            _reach = mayHaveBegunBefore ? Sequences.Half : count;
        Remember(firstSequence, lastSequence, baseOffset);
    }

    /// <summary>
    /// Whether an earlier number has been here in this epoch. A log that knows nothing of a producer takes whatever number comes first; what lies before that was sent, perhaps, and never taken.
    /// </summary>
    public bool HasTaken(int sequence) => -Sequences.Distance(LastSequence, sequence) is >= 0 and var back && back < _reach;

    /// <summary>Where a remembered batch begins; <see cref="Offset.None"/> for one that has no offset yet, or is not remembered.</summary>
    public bool TryFindBatch(int firstSequence, int lastSequence, out Offset at)
    {
        for (var i = _count - 1; i >= 0; i--)
        {
            var batch = BatchAt(i);
            if (batch.FirstSequence != firstSequence || batch.LastSequence != lastSequence)
                continue;
            at = batch.Base;
            return true;
        }
        at = Offset.None;
        return false;
    }

    private void Remember(int firstSequence, int lastSequence, Offset baseOffset)
    {
        // Beyond that a number is ahead of the last one.
        _reach = Math.Min(_reach, Sequences.Half);
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

    private void Grow()
    {
        var larger = new (int, int, Offset)[Math.Min(_batches.Length * 2, batchesMax)];
        for (var i = 0; i < _count; i++)
            larger[i] = _batches[(_first + i) % _batches.Length];
        _batches = larger;
        _first = 0;
    }
}
