using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Subjects;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>Copies from a namespace's <c>_live</c> what belongs to a new topic. Used under the writer lock of <c>_live</c>, or before the topic is known.</summary>
internal sealed class TakeoverForward : IDisposable
{
    private const int BatchBytesMax = 1 << 20;

    private readonly SubjectTrie<Topic> _filters = new();
    private readonly LogPartition[] _targets;
    private readonly RecordBatchBuilder[] _builders;
    private readonly OpenedBatch _opened = new();
    private readonly Action<LogPartition, ReadOnlyMemory<byte>> _append;

    /// <param name="append">Appends a batch to a target, in the order of the calls; the bytes are valid during the call.</param>
    public TakeoverForward(Topic topic, LogPartition[] targets, long untilMs, Action<LogPartition, ReadOnlyMemory<byte>> append)
    {
        foreach (var filter in topic.Spec.Filters)
            _filters.Add(Encoding.UTF8.GetBytes(filter.Value), topic);
        _targets = targets;
        _builders = [.. targets.Select(_ => new RecordBatchBuilder())];
        _append = append;
        UntilMs = untilMs;
    }

    /// <summary>Unix ms after which publishers are expected to know the topic.</summary>
    public long UntilMs { get; }

    /// <summary>The topic is gone.</summary>
    public bool IsOver => _targets[0].IsClosed;

    /// <summary>Copies the records of a batch that was just appended.</summary>
    public void Take(ReadOnlySpan<byte> batch) => Take(batch, new Offset(long.MinValue));

    /// <summary>Copies the records of one batch that match, from an offset on.</summary>
    public void Take(ReadOnlySpan<byte> batch, Offset from)
    {
        if (!_opened.TryOpen(batch))
            return;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            var record = reader.Current;
            if (record.KeyIsSubject && record.Offset >= from && _filters.HasMatch(record.Key))
                Add(record);
        }
        for (var i = 0; i < _targets.Length; i++)
            Flush(i);
    }

    public void Dispose()
    {
        _opened.Dispose();
        foreach (var builder in _builders)
            builder.Dispose();
    }

    private void Add(Record record)
    {
        var target = Partitioner.PartitionOf(record.Key, _targets.Length);
        var builder = _builders[target];
        builder.Append(record.TimestampMs, record.Attributes, record.Key, record.Value, record.Headers.Encoded, record.Headers.Count);
        if (builder.SizeBytes >= BatchBytesMax)
            Flush(target);
    }

    private void Flush(int target)
    {
        if (_builders[target].IsEmpty)
            return;
        _append(_targets[target], _builders[target].Build());
        _builders[target].Reset();
    }
}
