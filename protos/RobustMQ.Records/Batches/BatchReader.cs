namespace RobustMQ.Records.Batches;

/// <summary>
/// Walks whole batches that lie one behind the other, as <see cref="Logs.ReadResult.Batches"/> holds them. <see cref="MoveNext"/> answers false at the end and
/// at bytes that are no whole batch; <see cref="IsMalformed"/> tells which. Looks at lengths only: neither magic nor checksum.
/// </summary>
public struct BatchReader(ReadOnlyMemory<byte> batches)
{
    private readonly ReadOnlyMemory<byte> _batches = batches;

    /// <summary>The batch, header included.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary>Where <see cref="Current"/> begins; after the end, the number of bytes walked.</summary>
    public int Position { get; private set; }

    public bool IsMalformed { get; private set; }

    public bool MoveNext()
    {
        Position += Current.Length;
        Current = default;
        var rest = _batches[Position..];
        if (rest.IsEmpty || IsMalformed)
            return false;
        if (rest.Length >= RecordBatchHeader.Size)
        {
            var total = new RecordBatchHeader(rest.Span).TotalBytes;
            if (total >= RecordBatchHeader.Size && total <= rest.Length)
            {
                Current = rest[..(int)total];
                return true;
            }
        }
        IsMalformed = true;
        return false;
    }
}
