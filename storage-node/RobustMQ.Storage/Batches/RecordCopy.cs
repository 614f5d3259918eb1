using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Batches;

/// <summary>Adds records of one batch to another that is being built, everything about them kept but their offsets.</summary>
internal sealed class RecordCopy
{
    private readonly RecordHeadersBuilder _headers = new();

    public void Add(in Record record, RecordBatchBuilder into)
    {
        if (record is { HasKey: true, HasValue: true })
        {
            into.Append(record.TimestampMs, record.Attributes, record.Key, record.Value, record.Headers.Encoded, record.Headers.Count);
            return;
        }
        _headers.Clear();
        foreach (var header in record.Headers)
        {
            if (header.HasValue)
                _headers.Add(header.Name, header.Value);
            else
                _headers.AddNull(header.Name);
        }
        into.AppendNullable(record.TimestampMs, record.Attributes, record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null, _headers);
    }
}
