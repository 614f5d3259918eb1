using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>Collects records of a namespace's <c>_live</c> for a new topic and appends them to its logs. Used under the writer lock of <c>_live</c>, or before the topic is known.</summary>
internal sealed class TakeoverForward(Topic topic, LogPartition[] targets, long untilMs, Action<LogPartition, ReadOnlyMemory<byte>> append)
{
    private const int BatchBytesMax = 1 << 20;

    private readonly RecordBatchBuilder?[] _builders = new RecordBatchBuilder?[targets.Length];
    private readonly RecordCopy _copy = new();

    public byte[][] Filters { get; } = [.. topic.Spec.Filters.Select(filter => Encoding.UTF8.GetBytes(filter.Value))];

    /// <summary>Unix ms after which publishers are expected to know the topic.</summary>
    public long UntilMs { get; } = untilMs;

    /// <summary>The topic is gone.</summary>
    public bool IsOver => targets[0].IsClosed;

    public void Add(in Record record)
    {
        var target = Partitioner.PartitionOf(record.Key, targets.Length);
        var builder = _builders[target] ??= new RecordBatchBuilder();
        _copy.Add(record, builder);
        if (builder.SizeBytes >= BatchBytesMax)
            Flush(target);
    }

    public void Flush()
    {
        for (var i = 0; i < targets.Length; i++)
            Flush(i);
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
