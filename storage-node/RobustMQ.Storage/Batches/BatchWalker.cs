using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Batches;

/// <summary>Steps over whole batches that lie one behind the other.</summary>
internal ref struct BatchWalker(ReadOnlySpan<byte> batches)
{
    private ReadOnlySpan<byte> _rest = batches;

    /// <summary>Bytes of <see cref="Current"/> from the beginning.</summary>
    public int Position { get; private set; }

    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        Position += Current.Length;
        if (_rest.Length <= RecordBatchHeader.Size)
            return false;
        Current = _rest[..(int)new RecordBatchHeader(_rest).TotalBytes];
        _rest = _rest[Current.Length..];
        return true;
    }
}
