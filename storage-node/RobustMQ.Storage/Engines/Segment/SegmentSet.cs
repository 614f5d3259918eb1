using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>
/// The segments of a log in order, where the log begins in the first and ends in the last, and how much lies between. Used under the log's lock; the counts may be read without it.
/// </summary>
internal sealed class SegmentSet(SegmentStore store, SegmentLog log) : IDisposable
{
    private readonly List<SegmentFile> _files = [];
    private readonly OpenedBatch _opened = new();
    private long _start;
    private long _end;
    private long _sizeBytes;
    private long _recordCount;

    /// <summary>Where in the first file the batch lies that holds the start, the records of the batches before it, and all records of the file
    /// before the start that are not counted as removed one by one.</summary>
    private int _frontPosition;
    private long _frontNext;
    private long _frontWhole;
    private long _frontGone;

    public delegate void BatchVisitor(ReadOnlySpan<byte> batch);

    public List<SegmentFile> Files => _files;

    /// <summary>The one that takes appends; null where the next append begins one.</summary>
    public SegmentFile? Last => _files.Count == 0 ? null : _files[^1];

    public long Start => Interlocked.Read(ref _start);

    public long End => Interlocked.Read(ref _end);

    public long SizeBytes => Interlocked.Read(ref _sizeBytes);

    public long RecordCount => Interlocked.Read(ref _recordCount);

    public Epoch LastEpoch { get; private set; } = Epoch.None;

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
        RewindFront();
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
        last.Add(batch, store.Options.IndexIntervalBytes);
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
            || header.MaxTimestampMs - last.Summary.FirstTimestampMs > store.Options.SegmentAgeMs;
    }

    /// <summary>Begins a segment at the end. Its name is not on the device yet.</summary>
    public SegmentFile Roll(long reserveBytes)
    {
        var slot = new FileSlot(log.Directory, SegmentNames.Log(_end));
        store.Files.Add(slot, SegmentFile.Create(log, slot.Name, reserveBytes));
        var segment = new SegmentFile(slot, SegmentSummary.Empty(_end), new SparseIndex());
        _files.Add(segment);
        if (_files.Count == 1)
            RewindFront();
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

    public SparseIndex IndexOf(SegmentFile segment)
    {
        if (segment.Index is { } present)
            return present;
        var index = IndexFile.TryReadEntries(log.Directory, segment.Summary);
        if (index is null)
        {
            index = new SparseIndex();
            using var lease = store.Files.Use(segment.Slot);
            SegmentIndexing.Rebuild(lease.File, segment.Summary, index, store.Options.IndexIntervalBytes);
        }
        segment.Index = index;
        segment.IndexedTo = index.Count == 0 ? 0 : index.Entries[^1].Position;
        return index;
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
        return TryFindBatch(segment, offset, out batch) && batch.BaseOffset <= offset;
    }

    /// <summary>The first batch that ends at or behind an offset.</summary>
    public bool TryFindBatch(SegmentFile segment, long offset, out BatchInfo batch)
    {
        using var lease = store.Files.Use(segment.Slot);
        using var cursor = new BatchCursor(lease.File, segment.Bytes);
        var entry = IndexOf(segment).FindOffset((uint)Math.Max(0, offset - segment.BaseOffset));
        if (SegmentWalk.TryFind(cursor, segment, entry, offset, out batch, out var isBroken))
            return true;
        return isBroken ? throw log.Damaged(segment, offset, "the batches before it do not follow each other") : false;
    }

    public byte[] ReadBatch(SegmentFile segment, in BatchInfo batch)
    {
        var bytes = new byte[batch.Length];
        using var lease = store.Files.Use(segment.Slot);
        if (lease.File.Read(batch.Position, bytes) != bytes.Length || !BatchInfo.IsIntact(bytes))
            throw log.Damaged(segment, batch.BaseOffset, "a batch does not have the checksum it was stored with");
        return bytes;
    }

    /// <summary>As <see cref="ReadBatch"/>, for counting: null where the batch is damaged, which is reported.</summary>
    private byte[]? TryReadBatch(SegmentFile segment, in BatchInfo batch)
    {
        try
        {
            return ReadBatch(segment, batch);
        }
        catch (StorageException)
        {
            return null;
        }
    }

    public void Kill(SegmentFile segment, long offset, in BatchInfo batch)
    {
        MarkDead(segment, offset, batch);
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
            PassTo(_start);
            var alive = FindAlive(_files[0], _start);
            if (alive < 0 && _files.Count > 1)
            {
                _start = _files[1].BaseOffset;
                dropped.Add(DropFirst());
                continue;
            }
            _start = alive < 0 ? _end : alive;
            PassTo(_start);
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
            using var lease = store.Files.Use(_files[i].Slot);
            using var cursor = new BatchCursor(lease.File, _files[i].Bytes, RecordBatchHeader.Size);
            var chain = ChainOf(i, cursor);
            while ((bytes > 0 || records > 0) && chain.MoveNext())
            {
                var batch = chain.Current;
                var alive = CountAlive(_files[i], batch, start);
                if (bytes <= 0 && alive > records)
                    return OffsetBehind(_files[i], batch, start, records);
                bytes -= batch.Length;
                records -= alive;
                start = batch.LastOffset + 1;
            }
            // What cannot be read cannot be counted, and stays.
            if (chain.IsBroken)
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
            using var lease = store.Files.Use(_files[i].Slot);
            using var cursor = new BatchCursor(lease.File, _files[i].Bytes, RecordBatchHeader.Size);
            var chain = ChainOf(i, cursor);
            while (chain.MoveNext())
            {
                if (chain.Current.MaxTimestampMs >= oldestMs)
                    return Math.Max(_start, chain.Current.BaseOffset);
            }
            if (chain.IsBroken)
                return Math.Max(_start, chain.Next);
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
            using var lease = store.Files.Use(_files[i].Slot);
            using var cursor = new BatchCursor(lease.File, _files[i].Bytes, 256 << 10);
            var chain = ChainOf(i, cursor);
            while (chain.MoveNext())
            {
                var bytes = cursor.Bytes(chain.Current);
                if (BatchInfo.IsIntact(bytes))
                    visit(bytes);
                else
                    log.Damaged(_files[i], chain.Current.BaseOffset, "a batch does not have the checksum it was stored with");
            }
            if (chain.IsBroken)
                log.Damaged(_files[i], chain.Next, "what follows cannot be read");
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
            SegmentCut.CutBefore(log.Directory, end, store.Options.IndexIntervalBytes);
        else
            SegmentCut.Run(log.Directory, cutBase, rest, store.Options.IndexIntervalBytes);
    }

    /// <summary>Puts a rewritten file in the place of another one.</summary>
    public void Replace(SegmentFile old, SegmentFile replacement)
    {
        _files[_files.IndexOf(old)] = replacement;
        store.Files.Close(old.Slot);
        RewindFront();
        MoveStart(_start);
    }

    public void Dispose()
    {
        Close();
        _opened.Dispose();
    }

    private (long Base, byte[] Kept, bool IsBoundary) PlanCut(long end)
    {
        if (end <= _start || !TryFindSegment(end, out var segment))
            return (end, [], false);
        if (!TryFindBatch(segment, end, out var batch))
            return (end, [], false);
        if (batch.BaseOffset == end)
            return (end, [], true);
        if (batch.BaseOffset > end)
            return (end, [], false);
        var rest = Before(ReadBatch(segment, batch), segment, end);
        return rest.Length == 0 ? (end, rest, false) : (batch.BaseOffset, rest, false);
    }

    private byte[] Before(byte[] batch, SegmentFile segment, long end)
    {
        if (!_opened.TryOpen(batch))
            return [];
        var kept = new List<int>();
        var reader = _opened.Read(batch);
        for (var i = 0; reader.MoveNext(); i++)
        {
            var offset = reader.Current.Offset.Value;
            if (offset < end && offset >= _start && segment.Dead?.Contains(offset) != true)
                kept.Add(i);
        }
        if (kept.Count == 0)
            return [];
        using var cut = new PooledBytes();
        BatchSelection.Write(_opened, batch, kept, cut, (int)(end - new RecordBatchHeader(batch).BaseOffset.Value) - 1);
        return cut.Span.ToArray();
    }

    private void MarkDeadAgain(long offset)
    {
        try
        {
            if (TryFindRecord(offset, out var segment, out var batch) && (batch.IsDense || HasRecord(segment, batch, offset)))
                MarkDead(segment, offset, batch);
        }
        catch (StorageException)
        {
            // Reported where it was found; a record that cannot be read needs no removal.
        }
    }

    private static void MarkDead(SegmentFile segment, long offset, in BatchInfo batch)
    {
        segment.Dead ??= [];
        if (segment.Dead.Add(offset))
            segment.DeadBytes += batch.Length / batch.RecordCount;
    }

    private SegmentFile DropFirst()
    {
        var first = _files[0];
        _files.RemoveAt(0);
        store.Files.Close(first.Slot);
        RewindFront();
        return first;
    }

    private void Close()
    {
        foreach (var file in _files)
            store.Files.Close(file.Slot);
    }

    /// <summary>The batches of a file that may hold records of the log.</summary>
    private BatchChain ChainOf(int file, BatchCursor cursor) =>
        file == 0 ? new BatchChain(cursor, _files[0], _frontPosition, _frontNext) : new BatchChain(cursor, _files[file], 0, _files[file].BaseOffset);

    private void RewindFront()
    {
        _frontPosition = 0;
        _frontNext = _files.Count == 0 ? 0 : _files[0].BaseOffset;
        _frontWhole = 0;
        _frontGone = 0;
    }

    private void DeleteAll(List<SegmentFile> dropped)
    {
        foreach (var segment in dropped)
        {
            log.Directory.DeleteFile(SegmentNames.Index(segment.BaseOffset));
            log.Directory.DeleteFile(SegmentNames.Log(segment.BaseOffset));
        }
    }

    /// <summary>Counts the first file's records before an offset as gone, those that were removed one by one no longer twice.</summary>
    private void PassTo(long offset)
    {
        var first = _files[0];
        using var lease = store.Files.Use(first.Slot);
        using var cursor = new BatchCursor(lease.File, first.Bytes, RecordBatchHeader.Size);
        var chain = ChainOf(0, cursor);
        while (chain.Peek() && chain.Current.LastOffset < offset)
        {
            _frontWhole += chain.Current.RecordCount;
            chain.Pass();
        }
        _frontPosition = chain.Position;
        _frontNext = chain.Next;
        var batch = chain.Current;
        var isWithin = _frontPosition < first.Bytes && !chain.IsBroken && batch.BaseOffset < offset;
        _frontGone = _frontWhole + (isWithin ? CountBefore(first, batch, offset) : 0);
        // Those of the batch that holds the start stay, so that reads go on leaving them out; they are counted once.
        var passed = isWithin ? batch.BaseOffset : offset;
        first.Dead?.RemoveWhere(dead => dead < passed);
        _frontGone -= first.Dead?.Count(dead => dead < offset) ?? 0;
    }

    private long FindAlive(SegmentFile segment, long from)
    {
        using var lease = store.Files.Use(segment.Slot);
        using var cursor = new BatchCursor(lease.File, segment.Bytes, segment.Dead is null ? RecordBatchHeader.Size : BatchCursor.DefaultWindowBytes);
        var chain = ChainOf(_files.IndexOf(segment), cursor);
        while (chain.MoveNext())
        {
            var batch = chain.Current;
            var first = Math.Max(from, batch.BaseOffset);
            if (batch.IsDense && segment.Dead is null)
                return first;
            var found = batch.IsDense ? FindAlive(segment, batch, first) : FindRecord(segment, batch, first);
            if (found >= 0)
                return found;
            from = batch.LastOffset + 1;
        }
        // What cannot be read is not gone.
        return chain.IsBroken ? Math.Max(from, segment.BaseOffset) : -1;
    }

    private static long FindAlive(SegmentFile segment, in BatchInfo batch, long from)
    {
        for (var offset = from; offset <= batch.LastOffset; offset++)
        {
            if (!segment.Dead!.Contains(offset))
                return offset;
        }
        return -1;
    }

    private long FindRecord(SegmentFile segment, in BatchInfo batch, long from)
    {
        if (TryReadBatch(segment, batch) is not { } bytes || !_opened.TryOpen(bytes))
            return from;
        var reader = _opened.Read(bytes);
        while (reader.MoveNext())
        {
            var offset = reader.Current.Offset.Value;
            if (offset >= from && segment.Dead?.Contains(offset) != true)
                return offset;
        }
        return -1;
    }

    private bool HasRecord(SegmentFile segment, in BatchInfo batch, long offset)
    {
        var bytes = ReadBatch(segment, batch);
        if (!_opened.TryOpen(bytes))
            return false;
        var reader = _opened.Read(bytes);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset.Value == offset)
                return true;
        }
        return false;
    }

    /// <summary>Records of a batch in its file before an offset, removed or not.</summary>
    private long CountBefore(SegmentFile segment, in BatchInfo batch, long offset)
    {
        if (batch.IsDense)
            return offset - batch.BaseOffset;
        var count = 0L;
        if (TryReadBatch(segment, batch) is not { } bytes || !_opened.TryOpen(bytes))
            return 0;
        var reader = _opened.Read(bytes);
        while (reader.MoveNext())
            count += reader.Current.Offset.Value < offset ? 1 : 0;
        return count;
    }

    /// <summary>Records of a batch from an offset on that are still there.</summary>
    private long CountAlive(SegmentFile segment, in BatchInfo batch, long from)
    {
        var first = Math.Max(batch.BaseOffset, from);
        var count = batch.RecordCount - (first > batch.BaseOffset ? CountBefore(segment, batch, first) : 0);
        if (segment.Dead is null)
            return count;
        for (var offset = first; offset <= batch.LastOffset; offset++)
            count -= segment.Dead.Contains(offset) ? 1 : 0;
        return count;
    }

    /// <summary>The offset behind some of the records of a batch that are still there.</summary>
    private long OffsetBehind(SegmentFile segment, in BatchInfo batch, long start, long records)
    {
        var first = Math.Max(batch.BaseOffset, start);
        if (batch.IsDense && segment.Dead is null)
            return first + records;
        var alive = CountAlive(segment, batch, first);
        for (var offset = first; ; offset++)
        {
            if (alive - CountAlive(segment, batch, offset) == records)
                return offset;
        }
    }

    private (Offset, long)? FindTime(SegmentFile segment, long timeMs)
    {
        using var lease = store.Files.Use(segment.Slot);
        using var cursor = new BatchCursor(lease.File, segment.Bytes);
        var entry = IndexOf(segment).FindTime(timeMs);
        var chain = segment == _files[0] && entry.Position <= _frontPosition
            ? ChainOf(0, cursor)
            : new BatchChain(cursor, segment, entry.Position, segment.BaseOffset + entry.RelativeOffset);
        while (chain.MoveNext())
        {
            if (chain.Current.MaxTimestampMs >= timeMs && FindTime(segment, ReadBatch(segment, chain.Current), timeMs) is { } found)
                return found;
        }
        return chain.IsBroken ? throw log.Damaged(segment, chain.Next, "what follows cannot be read") : null;
    }

    private (Offset, long)? FindTime(SegmentFile segment, byte[] batch, long timeMs)
    {
        if (!_opened.TryOpen(batch))
            return (new Offset(Math.Max(_start, new RecordBatchHeader(batch).BaseOffset.Value)), new RecordBatchHeader(batch).MaxTimestampMs);
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            var record = reader.Current;
            if (record.TimestampMs >= timeMs && record.Offset.Value >= _start && segment.Dead?.Contains(record.Offset.Value) != true)
                return (record.Offset, record.TimestampMs);
        }
        return null;
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
        Interlocked.Exchange(ref _sizeBytes, bytes - _frontPosition);
        Interlocked.Exchange(ref _recordCount, records - _frontGone);
    }
}
