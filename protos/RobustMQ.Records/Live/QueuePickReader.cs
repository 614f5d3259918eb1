namespace RobustMQ.Records.Live;

/// <summary>Goes through a batch's picks along with its records: both are in the order of the records.</summary>
public ref struct QueuePickReader(ReadOnlySpan<QueuePick> picks)
{
    private ReadOnlySpan<QueuePick> _rest = picks;

    /// <summary>The picks of one record; those of records before it are passed over.</summary>
    public ReadOnlySpan<QueuePick> Take(int recordIndex)
    {
        while (!_rest.IsEmpty && _rest[0].RecordIndex < recordIndex)
            _rest = _rest[1..];
        var count = 0;
        while (count < _rest.Length && _rest[count].RecordIndex == recordIndex)
            count++;
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
