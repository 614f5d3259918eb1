using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Offline;

/// <summary>Looks at a stored batch as a reader of the log would. Reusable.</summary>
internal sealed class BatchCheck : IDisposable
{
    private readonly OpenedBatch _opened = new();

    /// <param name="batch">As long as its header says.</param>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public string? Run(ReadOnlySpan<byte> batch)
    {
        if (new RecordBatchHeader(batch).Crc != Crc32C.Compute(batch[RecordBatchHeader.CrcCoveredFrom..]))
            return "it does not have the checksum that it was stored with";
        if (!_opened.TryOpen(batch))
            return "its records cannot be decompressed";
        var records = _opened.Read(batch);
        while (records.MoveNext())
        {
        }
        return records.IsMalformed ? "its records cannot be read" : null;
    }

    public void Dispose() => _opened.Dispose();
}
