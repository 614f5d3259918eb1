using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Reads;
using RobustMQ.Storage.Engines.Segment.Rewrites;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Segments;

/// <summary>
/// The segments of a log in order, where the log begins in the first and ends in the last, and how much lies between. Used under the log's lock; the counts may be read without it.
/// </summary>
internal sealed class SegmentSet : IDisposable
{
    private readonly List<SegmentFile> _files = [];
    private readonly SegmentStore _store;
    private readonly SegmentLog _log;
    private readonly LiveRecords _records;
    private readonly LogFront _front;
    private long _start;
    private long _end;
    private long _sizeBytes;
    private long _recordCount;

    public SegmentSet(SegmentStore store, SegmentLog log)
    {
        _store = store;
        _log = log;
        Batches = new SegmentBatches(store, log);
        _records = new LiveRecords(Batches);
        _front = new LogFront(store, _records);
    }

    public delegate void BatchVisitor(ReadOnlySpan<byte> batch);

    public List<SegmentFile> Files => _files;

    public SegmentBatches Batches { get; }

    /// <summary>The one that takes appends; null where the next append begins one.</summary>
    public SegmentFile? Last => _files.Count == 0 ? null : _files[^1];

    public long Start => Interlocked.Read(ref _start);

    public long End => Interlocked.Read(ref _end);

    public long SizeBytes => Interlocked.Read(ref _sizeBytes);

    public long RecordCount => Interlocked.Read(ref _recordCount);

    public Epoch LastEpoch { get; private set; } = Epoch.None;

    private SegmentFile? First => _files.Count == 0 ? null : _files[0];

    /// <summary>Begins with what recovery found.</summary>
    public void Load(List<SegmentFile> files, JournalState state)
    {
        Close();
        _files.Clear();
        _files.AddRange(files);
        foreach (var file in files)
        {
            if (file.Summary.LastEpoch != Epoch.None)
                LastEpoch = file.Summary.LastEpoch;
        }
        _end = Math.Max(files.Count == 0 ? 0 : files[^1].EndOffset, files.Count == 0 ? state.Start : 0);
        _start = files.Count == 0 ? _end : files[0].BaseOffset;
        _front.Begin(First);
        foreach (var offset in state.Dead)
        {
            if (offset >= state.Start)
                MarkDeadAgain(offset);
        }
        // What lies before the start may still have files: their deletion was interrupted.
        DeleteAll(MoveStart(Math.Clamp(state.Start, _start, _end)));
    }

    public void Add(in BatchInfo batch)
    {
        var last = _files[^1];
        last.Add(batch, _store.Options.IndexIntervalBytes);
        LastEpoch = batch.Epoch;
        _end = batch.LastOffset + 1;
        Count();
    }

    /// <summary>Whether a batch must go to a new segment.</summary>
    public bool MustRoll(SegmentFile last, ReadOnlySpan<byte> batch, int segmentBytes)
    {
        if (last.Summary.IsSealed)
            return true;
        if (last.Bytes == 0)
            return false;
        var header = new RecordBatchHeader(batch);
        return (long)last.Bytes + batch.Length > segmentBytes
            || _end + header.LastOffsetDelta - last.BaseOffset > uint.MaxValue
            || header.MaxTimestampMs - last.Summary.FirstTimestampMs > _store.Options.SegmentAgeMs;
    }

    /// <summary>Begins a segment at the end. Its name is not on the device yet.</summary>
    public SegmentFile Roll(long reserveBytes)
    {
        var slot = new FileSlot(_log.Directory, SegmentNames.Log(_end));
        _store.Files.Add(slot, SegmentFile.Create(_log, slot.Name, reserveBytes));
        var segment = new SegmentFile(slot, SegmentSummary.Empty(_end), new SparseIndex());
        _files.Add(segment);
        if (_files.Count == 1)
            _front.Begin(segment);
        return segment;
    }

    public bool IsAlive(long offset) =>
        offset >= _start && offset < _end && !(TryFindSegment(offset, out var segment) && segment.Dead?.Contains(offset) == true);

    /// <summary>The first segment that ends behind an offset.</summary>
    public bool TryFindSegment(long offset, out SegmentFile segment)
    {
        var low = 0;
        var high = _files.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_files[middle].EndOffset <= offset)
                low = middle + 1;
            else
                high = middle;
        }
        segment = low < _files.Count ? _files[low] : null!;
        return low < _files.Count;
    }

    public long BaseBehind(SegmentFile segment)
    {
        var at = _files.IndexOf(segment);
        return at >= 0 && at + 1 < _files.Count ? Math.Max(segment.EndOffset, _files[at + 1].BaseOffset) : _end;
    }

    /// <summary>The batch that stands for an offset that was not removed. A batch with gaps need not have a record there.</summary>
    public bool TryFindRecord(long offset, out SegmentFile segment, out BatchInfo batch)
    {
        batch = default;
        if (offset < _start || offset >= _end || !TryFindSegment(offset, out segment) || segment.Dead?.Contains(offset) == true)
        {
            segment = null!;
            return false;
        }
        return Batches.TryFind(segment, offset, out batch) && batch.BaseOffset <= offset;
    }

    public void Kill(SegmentFile segment, long offset, in BatchInfo batch)
    {
        segment.MarkDead(offset, batch);
        Count();
    }

    /// <summary>
    /// Makes an offset the start, or the first record behind it that is still there.
    /// </summary>
    /// <returns>Segments that lie before the start and are no longer part of the log.</returns>
    public List<SegmentFile> MoveStart(long start)
    {
        var dropped = new List<SegmentFile>();
        _start = start;
        while (_files.Count > 0)
        {
            if (_files.Count > 1 && _files[0].EndOffset <= _start)
            {
                dropped.Add(DropFirst());
                continue;
            }
            _front.MoveTo(_start);
            var alive = FindAlive(_files[0], _start);
            if (alive < 0 && _files.Count > 1)
            {
                _start = _files[1].BaseOffset;
                dropped.Add(DropFirst());
                continue;
            }
            _start = alive < 0 ? _end : alive;
            _front.MoveTo(_start);
            break;
        }
        if (_files.Count == 0)
            _start = _end;
        Count();
        return dropped;
    }

    /// <summary>Where the log must begin so that its limits in bytes and records hold.</summary>
    public long FindStartWithin(Retention retention)
    {
        var start = _start;
        var bytes = retention.MaxBytes > 0 ? _sizeBytes - retention.MaxBytes : 0;
        var records = retention.MaxRecords > 0 ? _recordCount - retention.MaxRecords : 0;
        if (bytes <= 0 && records <= 0)
            return start;
        for (var i = 0; i < _files.Count && (bytes > 0 || records > 0); i++)
        {
            using var walk = _front.Walk(_files[i], RecordBatchHeader.Size);
            while ((bytes > 0 || records > 0) && walk.MoveNext())
            {
                var batch = walk.Current;
                var alive = _records.Count(_files[i], batch, start);
                if (bytes <= 0 && alive > records)
                    return _records.OffsetBehind(_files[i], batch, start, records);
                bytes -= batch.Length;
                records -= alive;
                start = batch.LastOffset + 1;
            }
            // What cannot be read cannot be counted, and stays.
            if (walk.IsBroken)
                break;
        }
        return Math.Min(start, _end);
    }

    /// <summary>First offset of the first batch that has a record at or after a time; the end where all are older.</summary>
    public long FindYoungerThan(long oldestMs)
    {
        for (var i = 0; i < _files.Count; i++)
        {
            if (_files[i].Summary.MaxTimestampMs < oldestMs)
                continue;
            using var walk = _front.Walk(_files[i], RecordBatchHeader.Size);
            while (walk.MoveNext())
            {
                if (walk.Current.MaxTimestampMs >= oldestMs)
                    return Math.Max(_start, walk.Current.BaseOffset);
            }
            if (walk.IsBroken)
                return Math.Max(_start, walk.Next);
        }
        return _end;
    }

    public (Offset Offset, long TimestampMs) FindTime(long timeMs)
    {
        for (var i = 0; i < _files.Count; i++)
        {
            if (_files[i].Summary.MaxTimestampMs >= timeMs && FindTime(_files[i], timeMs) is { } found)
                return found;
        }
        return (Offset.None, -1);
    }

    /// <summary>Every batch that may hold records of the log, checked.</summary>
    public void VisitBatches(BatchVisitor visit)
    {
        for (var i = 0; i < _files.Count; i++)
        {
            using var walk = _front.Walk(_files[i], 256 << 10);
            while (walk.MoveNext())
            {
                var bytes = walk.CurrentBytes;
                if (BatchInfo.IsIntact(bytes))
                    visit(bytes);
                else
                    _log.Damaged(_files[i], walk.Current.BaseOffset, "a batch does not have the checksum it was stored with");
            }
            if (walk.IsBroken)
                _log.Damaged(_files[i], walk.Next, "what follows cannot be read");
        }
    }

    public IEnumerable<long> DeadOffsets()
    {
        foreach (var file in _files)
        {
            if (file.Dead is null)
                continue;
            foreach (var offset in file.Dead.Order())
                yield return offset;
        }
    }

    /// <summary>Removes the end from the files, on the device too. The set is to be loaded again.</summary>
    public void Cut(long end)
    {
        var (cutBase, rest, isBoundary) = PlanCut(end);
        Close();
        if (isBoundary)
            SegmentCut.CutBefore(_log.Directory, end, _store.Options.IndexIntervalBytes);
        else
            SegmentCut.Run(_log.Directory, cutBase, rest, _store.Options.IndexIntervalBytes);
    }

    /// <summary>Puts a rewritten file in the place of another one.</summary>
    public void Replace(SegmentFile old, SegmentFile replacement)
    {
        _files[_files.IndexOf(old)] = replacement;
        _store.Files.Close(old.Slot);
        _front.Begin(First);
        MoveStart(_start);
    }

    public void Dispose()
    {
        Close();
        _records.Dispose();
    }

    private (long Base, byte[] Kept, bool IsBoundary) PlanCut(long end)
    {
        if (end <= _start || !TryFindSegment(end, out var segment))
            return (end, [], false);
        if (!Batches.TryFind(segment, end, out var batch))
            return (end, [], false);
        if (batch.BaseOffset == end)
            return (end, [], true);
        if (batch.BaseOffset > end)
            return (end, [], false);
        var rest = _records.CutBatch(segment, Batches.Read(segment, batch), _start, end);
        return rest.Length == 0 ? (end, rest, false) : (batch.BaseOffset, rest, false);
    }

    private void MarkDeadAgain(long offset)
    {
        try
        {
            if (TryFindRecord(offset, out var segment, out var batch) && _records.Has(segment, batch, offset))
                segment.MarkDead(offset, batch);
        }
        catch (StorageException)
        {
            // Reported where it was found; a record that cannot be read needs no removal.
        }
    }

    private SegmentFile DropFirst()
    {
        var first = _files[0];
        _files.RemoveAt(0);
        _store.Files.Close(first.Slot);
        _front.Begin(First);
        return first;
    }

    private void Close()
    {
        foreach (var file in _files)
            _store.Files.Close(file.Slot);
    }

    private void DeleteAll(List<SegmentFile> dropped)
    {
        foreach (var segment in dropped)
        {
            _log.Directory.DeleteFile(SegmentNames.Index(segment.BaseOffset));
            _log.Directory.DeleteFile(SegmentNames.Log(segment.BaseOffset));
        }
    }

    /// <summary>The first record of the first segment at or behind an offset, -1 for none. What cannot be read is not gone.</summary>
    private long FindAlive(SegmentFile first, long from)
    {
        using var walk = _front.Walk(first, first.Dead is null ? RecordBatchHeader.Size : BatchCursor.DefaultWindowBytes);
        while (walk.MoveNext())
        {
            var found = _records.FindFirst(first, walk.Current, Math.Max(from, walk.Current.BaseOffset));
            if (found >= 0)
                return found;
            from = walk.Current.LastOffset + 1;
        }
        return walk.IsBroken ? Math.Max(from, first.BaseOffset) : -1;
    }

    private (Offset, long)? FindTime(SegmentFile segment, long timeMs)
    {
        using var walk = _front.Walk(segment, Batches.IndexOf(segment).FindTime(timeMs), BatchCursor.DefaultWindowBytes);
        while (walk.MoveNext())
        {
            if (walk.Current.MaxTimestampMs >= timeMs && _records.FindTime(segment, Batches.Read(segment, walk.Current), _start, timeMs) is { } found)
                return found;
        }
        return walk.IsBroken ? throw _log.Damaged(segment, walk.Next, "what follows cannot be read") : null;
    }

    private void Count()
    {
        var bytes = 0L;
        var records = 0L;
        foreach (var file in _files)
        {
            bytes += file.Bytes;
            records += file.Summary.Records - file.DeadCount;
        }
        Interlocked.Exchange(ref _sizeBytes, bytes - _front.PassedBytes);
        Interlocked.Exchange(ref _recordCount, records - _front.Gone);
    }
}
