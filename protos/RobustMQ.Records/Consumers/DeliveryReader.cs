using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Consumers;

/// <summary>
/// Walks through the records of <see cref="Deliveries"/> with their marks. <see cref="MoveNext"/> answers false at the end, and at bytes that are no batch or have no mark;
/// <see cref="IsMalformed"/> tells which. Dispose it: a compressed batch is opened into pooled memory.
/// </summary>
public ref struct DeliveryReader(in Deliveries deliveries)
{
    private const int OpenedBytesMax = 256 << 20;

    private readonly Deliveries _deliveries = deliveries;
    private BatchReader _batches = new(deliveries.Batches);
    private RecordReader _records;
    private OpenedRecords? _opened;
    private bool _isInBatch;
    private int _index = -1;

    /// <summary>Slices of the batch, valid until the next <see cref="MoveNext"/>.</summary>
    public readonly Record Current => _records.Current;

    public readonly DeliveryMark Mark => _deliveries.Marks.Span[_index];

    public readonly ReadOnlySpan<int> BindingIds => _deliveries.BindingIds.Span.Slice(Mark.FirstBinding, Mark.BindingCount);

    public readonly DeliveryId Id => new(_deliveries.Log, _records.Current.Offset, Mark.DeliveryCount);

    public bool IsMalformed { get; private set; }

    public bool MoveNext()
    {
        while (true)
        {
            if (_isInBatch && _records.MoveNext())
            {
                IsMalformed |= ++_index >= _deliveries.Marks.Length;
                return !IsMalformed;
            }
            IsMalformed |= _isInBatch && _records.IsMalformed;
            if (IsMalformed || !OpenNext())
                return false;
        }
    }

    public void Dispose()
    {
        _opened?.Dispose();
        _opened = null;
    }

    private bool OpenNext()
    {
        Dispose();
        _isInBatch = _batches.MoveNext();
        IsMalformed |= _batches.IsMalformed;
        if (!_isInBatch)
            return false;
        var batch = _batches.Current;
        if (new RecordBatchHeader(batch.Span).Compression == Compression.None)
        {
            _records = new RecordReader(batch.Span);
            return true;
        }
        _opened = RecordDecompressor.Open(batch, OpenedBytesMax);
        IsMalformed |= !_opened.Succeeded;
        if (_opened.Succeeded)
            _records = new RecordReader(batch.Span, _opened.Records.Span);
        return _opened.Succeeded;
    }
}
