using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Logs;

/// <summary>Collects records of a namespace's <c>_live</c> for a new topic and appends them to its logs. Used under the writer lock of <c>_live</c>, or before the topic is known.</summary>
internal sealed class TakeoverForward(Topic topic, LogPartition[] targets, long untilMs, Action<LogPartition, ReadOnlyMemory<byte>> append)
{
    private const int BatchBytesMax = 1 << 20;

    private readonly RecordBatchBuilder?[] _builders = new RecordBatchBuilder?[targets.Length];
    private readonly RecordHeadersBuilder _headers = new();

    public byte[][] Filters { get; } = [.. topic.Spec.Filters.Select(filter => Encoding.UTF8.GetBytes(filter.Value))];

    /// <summary>Unix ms after which publishers are expected to know the topic.</summary>
    public long UntilMs { get; } = untilMs;

    /// <summary>The topic is gone.</summary>
    public bool IsOver => targets[0].IsClosed;

    public void Add(in Record record)
    {
        var target = Partitioner.PartitionOf(record.Key, targets.Length);
        var builder = _builders[target] ??= new RecordBatchBuilder();
        if (record.HasValue)
            builder.Append(record.TimestampMs, record.Attributes, record.Key, record.Value, record.Headers.Encoded, record.Headers.Count);
        else
            AddWithoutValue(builder, record);
        if (builder.SizeBytes >= BatchBytesMax)
            Flush(target);
    }

    public void Flush()
    {
        for (var i = 0; i < targets.Length; i++)
            Flush(i);
    }

    private void AddWithoutValue(RecordBatchBuilder builder, in Record record)
    {
        _headers.Clear();
        foreach (var header in record.Headers)
        {
            if (header.HasValue)
                _headers.Add(header.Name, header.Value);
            else
                _headers.AddNull(header.Name);
        }
        builder.AppendNullable(record.TimestampMs, record.Attributes, record.Key.ToArray(), null, _headers);
    }

    private void Flush(int target)
    {
        if (_builders[target] is not { IsEmpty: false } builder)
            return;
        append(targets[target], builder.Build());
        // The pooled buffer goes back: most topics get nothing more.
        builder.Dispose();
        _builders[target] = null;
    }
}
