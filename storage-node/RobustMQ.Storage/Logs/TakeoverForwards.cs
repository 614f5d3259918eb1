using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Subjects;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>The topics that take over records from one log at present, found by subject, so that many new topics cost an append no more than one does.</summary>
internal sealed class TakeoverForwards : IDisposable
{
    private readonly SubjectTrie<TakeoverForward> _byFilter = new();
    private readonly Queue<TakeoverForward> _forwards = new();
    private readonly List<TakeoverForward> _matches = [];
    private readonly HashSet<TakeoverForward> _touched = [];
    private readonly OpenedBatch _opened = new();

    public bool IsEmpty => _forwards.Count == 0;

    public void Add(TakeoverForward forward)
    {
        _forwards.Enqueue(forward);
        foreach (var filter in forward.Filters)
            _byFilter.Add(filter, forward);
    }

    /// <summary>Copies the records of a batch, from an offset on, that belong to somebody.</summary>
    public void Take(ReadOnlySpan<byte> batch, Offset from)
    {
        if (!_opened.TryOpen(batch))
            return;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.KeyIsSubject && reader.Current.Offset >= from)
                Take(reader.Current);
        }
        foreach (var forward in _touched)
            forward.Flush();
        _touched.Clear();
    }

    /// <summary>Lets go of topics that are known everywhere by now: those that came first.</summary>
    public void Forget(long nowMs)
    {
        while (_forwards.TryPeek(out var forward) && forward.UntilMs <= nowMs)
        {
            _forwards.Dequeue();
            foreach (var filter in forward.Filters)
                _byFilter.Remove(filter, forward);
        }
    }

    public void Dispose() => _opened.Dispose();

    private void Take(in Record record)
    {
        _matches.Clear();
        _byFilter.Match(record.Key, _matches);
        // A topic that changed its filters stands here twice, one that is gone until its time is over; two filters of one topic may match. The youngest gets the record once.
        for (var i = _matches.Count - 1; i >= 0; i--)
        {
            if (_matches[i].IsOver)
                continue;
            _matches[i].Add(record);
            _touched.Add(_matches[i]);
            return;
        }
    }
}
