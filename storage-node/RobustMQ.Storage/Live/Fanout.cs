using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Live;

/// <summary>
/// Hands one batch to everybody who wants some of it: finds who under the namespace's lock, record by record, then delivers without it. Everything is reused from batch to
/// batch. For one thread at a time.
/// </summary>
internal sealed class Fanout(LiveHub hub, Random random) : IDisposable
{
    private readonly List<FanoutTarget> _targets = [];
    private readonly OpenedBatch _opened = new();
    private readonly PooledBytes _whole = new();
    private readonly PooledBytes _part = new();
    private int _targetCount;
    private int _recordCount;

    /// <summary>Delivers a batch.</summary>
    /// <param name="topicSubject">Subject of records whose key is none.</param>
    /// <param name="baseOffset">What the delivered copies are stamped with.</param>
    public void Run(
        NamespaceInterest interest, TopicPartition log, ReadOnlySpan<byte> topicSubject, ReadOnlySpan<byte> batch, Offset baseOffset, Epoch epoch, in LiveRouting routing)
    {
        if (!_opened.TryOpen(batch))
            return;
        _targetCount = 0;
        lock (interest.Lock)
            FindTargets(interest, topicSubject, batch, routing);
        Deliver(log, batch, baseOffset, epoch);
    }

    public void Dispose()
    {
        _opened.Dispose();
        _whole.Dispose();
        _part.Dispose();
    }

    private void FindTargets(NamespaceInterest interest, ReadOnlySpan<byte> topicSubject, ReadOnlySpan<byte> batch, in LiveRouting routing)
    {
        var picks = new QueuePickReader(routing.QueuesDecided ? routing.Picks.Span : default);
        ReadOnlySpan<byte> last = default;
        var match = SubjectMatch.Nobody;
        var reader = _opened.Read(batch);
        for (_recordCount = 0; reader.MoveNext(); _recordCount++)
        {
            var subject = reader.Current.KeyIsSubject ? reader.Current.Key : topicSubject;
            if (_recordCount == 0 || !subject.SequenceEqual(last))
                match = interest.Match(subject);
            last = subject;
            AddPlain(match, _recordCount, routing.Origin.Value);
            if (routing.QueuesDecided)
                AddPicks(match, picks.Take(_recordCount), _recordCount, routing.Origin.Value);
            else
                AddQueues(match, _recordCount, routing.Origin.Value);
        }
    }

    private void AddPlain(SubjectMatch match, int index, long origin)
    {
        foreach (var subscription in match.Plain)
        {
            if (subscription.Id.Value != origin)
                TargetOf(subscription).Add(index);
        }
    }

    private void AddQueues(SubjectMatch match, int index, long origin)
    {
        foreach (var queue in match.Queues)
        {
            if (queue.Pick(origin, random) is { } chosen)
                TargetOf(chosen).Add(index, queue.Queue);
        }
    }

    /// <summary>The origin chose. Where its choice is gone by now, another member takes the record.</summary>
    private void AddPicks(SubjectMatch match, ReadOnlySpan<QueuePick> picks, int index, long origin)
    {
        foreach (var pick in picks)
        {
            if (pick.Subscriber.Value == origin)
                continue;
            if ((hub.Find(pick.Subscriber) ?? match.FindQueue(pick.Queue)?.Pick(origin, random)) is { } chosen)
                TargetOf(chosen).Add(index, pick.Queue);
        }
    }

    private FanoutTarget TargetOf(LiveSubscription subscription)
    {
        for (var i = 0; i < _targetCount; i++)
        {
            if (_targets[i].Subscription == subscription)
                return _targets[i];
        }
        if (_targetCount == _targets.Count)
            _targets.Add(new FanoutTarget());
        var target = _targets[_targetCount++];
        target.Begin(subscription);
        return target;
    }

    private void Deliver(TopicPartition log, ReadOnlySpan<byte> batch, Offset baseOffset, Epoch epoch)
    {
        _whole.Clear();
        for (var i = 0; i < _targetCount; i++)
        {
            var target = _targets[i];
            var bytes = target.Indices.Count == _recordCount ? Whole(batch, baseOffset, epoch) : Part(target, batch, baseOffset, epoch);
            target.Subscription.Deliver(new LiveRecords { Log = log, Batch = bytes, Picks = target.Picks }, target.Indices.Count);
        }
    }

    private ReadOnlyMemory<byte> Whole(ReadOnlySpan<byte> batch, Offset baseOffset, Epoch epoch)
    {
        if (_whole.Length == 0)
        {
            _whole.Write(batch);
            RecordBatchHeader.Stamp(_whole.Span, baseOffset, epoch);
        }
        return _whole.Memory;
    }

    private ReadOnlyMemory<byte> Part(FanoutTarget target, ReadOnlySpan<byte> batch, Offset baseOffset, Epoch epoch)
    {
        _part.Clear();
        BatchSelection.Write(_opened, batch, target.Indices, _part);
        RecordBatchHeader.Stamp(_part.Span, baseOffset, epoch);
        return _part.Memory;
    }
}
