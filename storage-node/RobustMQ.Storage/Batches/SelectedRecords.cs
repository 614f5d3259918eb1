using System.Buffers;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Logs;

namespace RobustMQ.Storage.Batches;

/// <summary>Cuts batches down to the records that a selector wants. For one caller; holds a pooled buffer until disposed.</summary>
internal sealed class SelectedRecords : IDisposable
{
    private readonly OpenedBatch _opened = new();
    private readonly List<int> _indices = [];

    /// <summary>Offset of the last record that was written.</summary>
    public Records.Offset Last { get; private set; }

    /// <summary>Writes a batch with the wanted ones of its records, the first <paramref name="recordsMax"/> of them; nothing where there are none.</summary>
    /// <returns>Records written.</returns>
    public int Write(ReadOnlySpan<byte> batch, IRecordSelector selector, PooledBytes destination, int recordsMax = int.MaxValue)
    {
        if (!_opened.TryOpen(batch))
            return 0;
        _indices.Clear();
        var reader = _opened.Read(batch);
        var count = 0;
        for (; _indices.Count < recordsMax && reader.MoveNext(); count++)
        {
            if (!selector.Wants(reader.Current))
                continue;
            _indices.Add(count);
            Last = reader.Current.Offset;
        }
        if (_indices.Count == new RecordBatchHeader(batch).RecordCount)
            destination.Write(batch);
        else if (_indices.Count > 0)
            BatchSelection.Write(_opened, batch, _indices, destination);
        return _indices.Count;
    }

    public void Dispose() => _opened.Dispose();
}
