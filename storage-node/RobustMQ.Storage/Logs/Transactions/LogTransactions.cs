using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Logs.Transactions;

/// <summary>
/// Which records of one log are decided. The log's writer tells of what it appends: of a transaction's first batch before it is in the log, of what ends a transaction when it is. So a
/// reader that looks at the log's end first and at <see cref="StableEnd"/> then never takes an open transaction's record for a decided one. Reads from any thread.
/// </summary>
internal sealed class LogTransactions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Offset> _open = [];
    private readonly SortedSet<(long First, long ProducerId)> _inOrder = [];
    private readonly List<AbortedRange> _aborted = [];
    private long _first = long.MaxValue;
    private long _firstOpen = long.MaxValue;

    /// <summary>Where the first transactional batch or control batch lies that is known of; <see cref="Offset.None"/>: there is none. Before it everything is a message.</summary>
    public Offset First => Volatile.Read(ref _first) is var first and not long.MaxValue ? new Offset(first) : Offset.None;

    /// <summary>Whether there is a transactional batch or a control batch before an offset.</summary>
    public bool ReachesBefore(Offset end) => Volatile.Read(ref _first) < end.Value;

    public int OpenCount
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>How far a log that ends at an offset is decided. The end must have been asked for before this.</summary>
    public Offset StableEnd(Offset end) => new(Math.Min(end.Value, Volatile.Read(ref _firstOpen)));

    public bool IsOpen(long producerId)
    {
        lock (_lock)
            return _open.ContainsKey(producerId);
    }

    /// <summary>Where a producer's open transaction begins; <see cref="Offset.None"/>: it has none.</summary>
    public Offset OpenSince(long producerId)
    {
        lock (_lock)
            return _open.TryGetValue(producerId, out var first) ? first : Offset.None;
    }

    /// <summary>A producer's first transactional batch since its last control batch is about to be appended.</summary>
    public void Begin(long producerId, Offset first)
    {
        lock (_lock)
        {
            _open.Add(producerId, first);
            _inOrder.Add((first.Value, producerId));
            Note(first);
            Volatile.Write(ref _firstOpen, _inOrder.Min.First);
        }
    }

    /// <summary>It was not appended.</summary>
    public void Undo(long producerId)
    {
        lock (_lock)
            Close(producerId);
    }

    /// <summary>A control batch was appended.</summary>
    /// <returns>Where the transaction began; <see cref="Offset.None"/>: the producer had none in this log.</returns>
    public Offset End(long producerId, bool isCommit, Offset at)
    {
        lock (_lock)
        {
            Note(at);
            if (!_open.TryGetValue(producerId, out var first))
                return Offset.None;
            if (!isCommit)
                _aborted.Add(new AbortedRange(producerId, first, at, StableEndWithout(producerId, first, at + 1)));
            Close(producerId);
            return first;
        }
    }

    /// <summary>Whether a batch that lies before the stable end is of messages: no control batch, and not of an aborted transaction.</summary>
    public bool HoldsMessages(RecordBatchHeader header)
    {
        if (!header.IsTransactional && !header.IsControl)
            return true;
        if (header.IsControl)
            return false;
        var (producerId, at) = (header.ProducerId, header.BaseOffset);
        lock (_lock)
        {
            for (var i = FirstEndingAtOrBehind(at); i < _aborted.Count; i++)
            {
                var range = _aborted[i];
                if (range.ProducerId == producerId && range.First <= at)
                    return false;
                if (range.StableEnd > at)
                    break;
            }
            return true;
        }
    }

    /// <summary>Aborted transactions that have batches in [from, until), as the protocol that reads stored batches wants them: it leaves them out itself.</summary>
    public IReadOnlyList<AbortedTransaction> FindAborted(Offset from, Offset until)
    {
        if (!ReachesBefore(until))
            return [];
        var found = new List<AbortedTransaction>();
        lock (_lock)
        {
            for (var i = FirstEndingAtOrBehind(from); i < _aborted.Count; i++)
            {
                var range = _aborted[i];
                if (range.First < until)
                    found.Add(new AbortedTransaction(range.ProducerId, range.First));
                if (range.StableEnd >= until)
                    break;
            }
        }
        return found;
    }

    /// <summary>Forgets what was aborted before an offset, where nothing is any more.</summary>
    public void ForgetBefore(Offset start)
    {
        lock (_lock)
        {
            var gone = FirstEndingAtOrBehind(start);
            if (gone > 0)
                _aborted.RemoveRange(0, gone);
        }
    }

    /// <summary>Forgets transactions that began before an offset and may have ended there too. One that has not begins with what is left of it.</summary>
    public void ForgetOpenBefore(Offset start)
    {
        lock (_lock)
        {
            while (_inOrder.Count > 0 && _inOrder.Min.First < start.Value)
                Close(_inOrder.Min.ProducerId);
        }
    }

    /// <summary>The log begins anew.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _open.Clear();
            _inOrder.Clear();
            _aborted.Clear();
            Volatile.Write(ref _first, long.MaxValue);
            Volatile.Write(ref _firstOpen, long.MaxValue);
        }
    }

    /// <summary>As they were kept; for the log's writer.</summary>
    public (IReadOnlyList<(long ProducerId, Offset First)> Open, IReadOnlyList<AbortedRange> Aborted) Copy()
    {
        lock (_lock)
            return ([.. _open.Select(static open => (open.Key, open.Value))], [.. _aborted]);
    }

    /// <summary>Brings back what was kept, in the order in which it was.</summary>
    public void Load(Offset first, IEnumerable<(long ProducerId, Offset First)> open, IEnumerable<AbortedRange> aborted)
    {
        foreach (var (producerId, from) in open)
            Begin(producerId, from);
        lock (_lock)
        {
            _aborted.AddRange(aborted);
            if (first != Offset.None)
                Note(first);
        }
    }

    private void Note(Offset at)
    {
        if (at.Value < _first)
            Volatile.Write(ref _first, at.Value);
    }

    private void Close(long producerId)
    {
        if (_open.Remove(producerId, out var first))
            _inOrder.Remove((first.Value, producerId));
        Volatile.Write(ref _firstOpen, _inOrder.Count == 0 ? long.MaxValue : _inOrder.Min.First);
    }

    private Offset StableEndWithout(long producerId, Offset first, Offset end)
    {
        _inOrder.Remove((first.Value, producerId));
        var stable = _inOrder.Count == 0 ? end : new Offset(_inOrder.Min.First);
        _inOrder.Add((first.Value, producerId));
        return stable;
    }

    /// <summary>Aborted ranges are in the order of their ends.</summary>
    private int FirstEndingAtOrBehind(Offset offset)
    {
        var (low, high) = (0, _aborted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_aborted[middle].Last < offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
