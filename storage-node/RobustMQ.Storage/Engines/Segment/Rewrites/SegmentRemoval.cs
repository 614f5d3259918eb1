using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines.Keys;
using RobustMQ.Storage.Engines.Segment.Segments;
using RobustMQ.Storage.Engines.Tails;

namespace RobustMQ.Storage.Engines.Segment.Rewrites;

/// <summary>
/// What leaves a log from its beginning and its midst: records that are deleted, that are past its limits, or that a newer one of their key displaced, and the segments that hold nothing else.
/// Used by the log's writer.
/// </summary>
internal sealed class SegmentRemoval : IKeyedLog, IDisposable
{
    private readonly SegmentLog _log;
    private readonly SegmentSet _segments;
    private readonly LogFacts _facts;
    private readonly LogTail _tail;
    private readonly SegmentLeftovers _leftovers;
    private readonly OpenedBatch _opened = new();

    public SegmentRemoval(SegmentLog log, LogFacts facts, LogTail tail)
    {
        _log = log;
        _segments = log.Segments;
        _facts = facts;
        _tail = tail;
        _leftovers = new SegmentLeftovers(log, facts);
        Keys = new LogKeys(this);
    }

    public LogKeys Keys { get; }

    public Offset StartOffset => _log.StartOffset;

    public long RecordCount => _log.RecordCount;

    /// <returns>Records that are gone.</returns>
    public long DeleteBefore(long offset)
    {
        lock (_log.Lock)
        {
            var before = _segments.RecordCount;
            if (offset > _segments.Start)
            {
                MoveStart(Math.Min(offset, _segments.End));
                _facts.RecordStart();
            }
            return before - _segments.RecordCount;
        }
    }

    /// <returns>Records that are gone.</returns>
    public long Delete(IReadOnlyList<Offset> offsets)
    {
        var removed = new SortedSet<long>();
        lock (_log.Lock)
        {
            foreach (var offset in offsets)
            {
                if (Kill(offset.Value))
                    removed.Add(offset.Value);
            }
            if (removed.Count > 0)
            {
                _facts.RecordRemoved(removed);
                MoveStart(_segments.Start);
            }
        }
        return removed.Count;
    }

    /// <summary>Under the log's lock, as <see cref="DropToLimits"/>.</summary>
    /// <returns>Records that are gone.</returns>
    public long Apply(Retention retention, long nowMs)
    {
        if (!_leftovers.AreGone)
            _log.Store.Jobs.Run(_leftovers.Delete);
        var before = _segments.RecordCount;
        if (retention.MaxAgeMs > 0)
            MoveStart(_segments.FindYoungerThan(nowMs - retention.MaxAgeMs));
        DropToLimits(retention);
        return before - _segments.RecordCount;
    }

    public void DropToLimits(Retention retention)
    {
        try
        {
            var start = _segments.FindStartWithin(retention);
            if (start > _segments.Start)
                MoveStart(start);
        }
        catch (StorageException error)
        {
            // The append itself has succeeded; what cannot be read cannot be counted, and stays.
            _log.ReportPassing(_log.Directory.Path, error.Message);
        }
    }

    /// <summary>Keeps the keys up with an append, which has succeeded whatever becomes of the records that it displaces.</summary>
    public void OnAppended(ReadOnlySpan<byte> batch)
    {
        try
        {
            Keys.OnAppended(batch);
        }
        catch (StorageException error)
        {
            _log.ReportPassing(_log.Directory.Path, error.Message);
        }
    }

    /// <returns>False where segments that are no longer part of the log are still there.</returns>
    public bool TryDeleteLeftovers()
    {
        _leftovers.Delete();
        return _leftovers.AreGone;
    }

    public void VisitRecords(RecordVisitor visit) => _segments.VisitBatches(batch => VisitRecords(batch, visit));

    /// <summary>
    /// What transactions wrote neither displaces records of its key nor is displaced: it may be aborted yet, or was, and what ends a transaction has a key that is nobody's.
    /// </summary>
    public void VisitRecords(ReadOnlySpan<byte> batch, RecordVisitor visit)
    {
        if (new RecordBatchHeader(batch).IsTransactional)
            return;
        if (!_opened.TryOpen(batch))
            return;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            if (_segments.IsAlive(reader.Current.Offset.Value))
                visit(reader.Current);
        }
    }

    public void Displace(List<long> offsets)
    {
        lock (_log.Lock)
        {
            foreach (var offset in offsets)
                TryKill(offset);
            MoveStart(_segments.Start);
        }
    }

    public void Dispose() => _opened.Dispose();

    /// <summary>A record that cannot be read stays, and holds no other up.</summary>
    private void TryKill(long offset)
    {
        try
        {
            Kill(offset);
        }
        catch (StorageException error)
        {
            _log.ReportPassing(_log.Directory.Path, error.Message);
        }
    }

    private bool Kill(long offset)
    {
        if (!_segments.TryFindRecord(offset, out var segment, out var batch))
            return false;
        if (Keys.IsKept || !batch.IsDense)
        {
            var bytes = _segments.Batches.Read(segment, batch);
            if (!Keys.OnKilled(bytes, offset))
                return false;
        }
        _segments.Kill(segment, offset, batch);
        _tail.Forget(offset + 1);
        return true;
    }

    /// <summary>Makes an offset the start, or the first record behind it that is still there, and lets go of segments that lie before.</summary>
    private void MoveStart(long start)
    {
        var dropped = _segments.MoveStart(start);
        _tail.Forget(_segments.Start);
        if (dropped.Count == 0)
            return;
        _leftovers.Add(dropped);
        _facts.RecordStart();
        _log.Store.Jobs.Run(_leftovers.Delete);
    }
}
