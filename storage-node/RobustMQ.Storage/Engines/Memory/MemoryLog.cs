using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines.Keys;

namespace RobustMQ.Storage.Engines.Memory;

/// <summary>
/// A ring of batches in slabs. The writer copies a batch into the newest slab and then publishes it under a short lock; readers find and pin slabs under the lock and copy
/// without it. Records removed one by one are marked and left out of reads, until enough of them justify copying the rest together.
/// </summary>
internal sealed class MemoryLog : ILog, IKeyedLog
{
    /// <summary>Marked records are given up when they take more than half of the log, and more than this.</summary>
    private const long DeadBytesMin = 256 << 10;

    private readonly Lock _lock = new();
    private readonly SlabPool _pool;
    private readonly SlabRing _ring = new();
    private readonly LogKeys _keys;
    private readonly Dictionary<long, int> _dead = [];
    private readonly OpenedBatch _opened = new();
    private readonly OpenedBatch _openedByWriter = new();
    private LogOptions _options;
    private long _start;
    private long _end;
    private long _sizeBytes;
    private long _deadBytes;
    private long _recordCount;
    private long _appliedIndex;
    private Epoch _lastEpoch = Epoch.None;
    private bool _tailIsSealed;

    public MemoryLog(LogId id, LogOptions options, SlabPool pool)
    {
        Id = id;
        _options = options;
        _pool = pool;
        _keys = new LogKeys(this);
        _keys.Configure(options.Retention.MaxRecordsPerKey);
    }

    public LogId Id { get; }

    public Offset StartOffset => new(Interlocked.Read(ref _start));

    public Offset EndOffset => new(Interlocked.Read(ref _end));

    public long SizeBytes => Interlocked.Read(ref _sizeBytes);

    public long RecordCount => Interlocked.Read(ref _recordCount);

    public long AppliedIndex => Interlocked.Read(ref _appliedIndex);

    public Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index)
    {
        if (batch.Length > _options.MaxBatchBytes)
            throw new StorageException(ErrorCode.TooLarge, $"{batch.Length} bytes are more than a batch of this log may have");
        var slab = SlabFor(batch.Length);
        var baseOffset = new Offset(_end);
        var copy = slab.Write(batch);
        RecordBatchHeader.Stamp(copy, baseOffset, epoch);
        var header = new RecordBatchHeader(copy);
        lock (_lock)
        {
            slab.Publish(copy.Length, header.MaxTimestampMs);
            _end += header.LastOffsetDelta + 1;
            _sizeBytes += copy.Length;
            _recordCount += header.RecordCount;
            _appliedIndex = Math.Max(_appliedIndex, index);
            _lastEpoch = epoch;
            DropToLimits();
        }
        _keys.OnAppended(copy);
        return baseOffset;
    }

    public ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        var pieces = new List<(Slab Slab, int Position, int Length)>();
        LogReadResult result;
        lock (_lock)
        {
            if (read.From.Value < _start || read.From.Value > _end)
                return new ValueTask<LogReadResult>(new LogReadResult(ErrorCode.OffsetOutOfRange, read.From, 0));
            result = new MemoryLogRead(_ring, _dead, new Offset(_end), read, _opened).Collect(pieces, destination);
        }
        foreach (var (slab, position, length) in pieces)
        {
            destination.Write(slab.Bytes.AsSpan(position, length));
            slab.Unpin();
        }
        return new ValueTask<LogReadResult>(result);
    }

    public ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            for (var slab = 0; slab < _ring.Count; slab++)
            {
                if (_ring[slab].MaxTimestampMs < timeMs)
                    continue;
                for (var batch = 0; batch < _ring[slab].Count; batch++)
                {
                    if (FindTimeIn(_ring[slab].BatchOf(batch), timeMs) is { } found)
                        return new ValueTask<(Offset, long)>(found);
                }
            }
        }
        return new ValueTask<(Offset, long)>((Offset.None, -1));
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key) => _keys.FindLast(key);

    public long DeleteBefore(Offset offset)
    {
        lock (_lock)
        {
            var before = _recordCount;
            while (_ring.Count > 0 && _ring.First.Count > 0 && _ring.First.HeaderOf(0).LastOffset < offset)
                DropOldestBatch();
            if (offset.Value > _start)
                SetStart(Math.Min(offset.Value, _end));
            return before - _recordCount;
        }
    }

    public long Delete(IReadOnlyList<Offset> offsets)
    {
        var removed = 0L;
        lock (_lock)
        {
            foreach (var offset in offsets)
                removed += Kill(offset.Value) ? 1 : 0;
            if (removed > 0)
                SettleAfterKills();
        }
        return removed;
    }

    public void TruncateTo(Offset endOffset)
    {
        lock (_lock)
        {
            if (endOffset.Value >= _end)
                return;
            while (_ring.Count > 0 && (_ring.Last.Count == 0 || _ring.Last.HeaderOf(_ring.Last.Count - 1).BaseOffset >= endOffset))
                DropNewestBatch();
            // What comes next must not lie behind bytes that are no longer part of the log.
            _tailIsSealed = true;
            CutNewestBatch(endOffset);
            _end = endOffset.Value;
            _start = NextAlive(Math.Min(_start, _end));
        }
        _keys.Forget();
    }

    public long ApplyRetention(long nowMs)
    {
        lock (_lock)
        {
            var before = _recordCount;
            var oldestMs = _options.Retention.MaxAgeMs > 0 ? nowMs - _options.Retention.MaxAgeMs : long.MinValue;
            while (_ring.Count > 0 && _ring.First.Count > 0 && _ring.First.HeaderOf(0).MaxTimestampMs < oldestMs)
                DropOldestBatch();
            DropToLimits();
            return before - _recordCount;
        }
    }

    public void Configure(LogOptions options)
    {
        lock (_lock)
            _options = options;
        _keys.Configure(options.Retention.MaxRecordsPerKey);
    }

    public void SaveSnapshot(ReadOnlySpan<byte> snapshot)
    {
    }

    public LogSnapshot? LoadSnapshot() => null;

    public LogManifest GetManifest()
    {
        lock (_lock)
            return new LogManifest(Id, new Offset(_start), new Offset(_end), _sizeBytes, _appliedIndex, _lastEpoch);
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _ring.Clear();
            _start = _end;
            _sizeBytes = _recordCount = _deadBytes = 0;
            _dead.Clear();
        }
        _keys.Forget();
        return ValueTask.CompletedTask;
    }

    /// <summary>Every record that is still there, oldest first. For the writer.</summary>
    public void VisitRecords(RecordVisitor visit)
    {
        for (var slab = 0; slab < _ring.Count; slab++)
        {
            for (var batch = 0; batch < _ring[slab].Count; batch++)
                VisitRecords(_ring[slab].BatchOf(batch), visit);
        }
    }

    public void VisitRecords(ReadOnlySpan<byte> batch, RecordVisitor visit)
    {
        if (!_openedByWriter.TryOpen(batch))
            return;
        var reader = _openedByWriter.Read(batch);
        while (reader.MoveNext())
        {
            if (IsAlive(reader.Current.Offset.Value))
                visit(reader.Current);
        }
    }

    /// <summary>Removes records that a newer one of their key displaced. For the writer.</summary>
    public void Displace(List<long> offsets)
    {
        lock (_lock)
        {
            foreach (var offset in offsets)
                Kill(offset);
            SettleAfterKills();
        }
    }

    private bool IsAlive(long offset) => offset >= _start && !_dead.ContainsKey(offset);

    private Slab SlabFor(int batchBytes)
    {
        if (_ring.Count > 0 && !_tailIsSealed && _ring.Last.HasRoomFor(batchBytes))
            return _ring.Last;
        // A log that filled its last slab gets a larger one, up to the largest pooled size.
        var wanted = _ring.Count == 0 ? batchBytes : Math.Max(batchBytes, (int)Math.Min(_ring.Last.Bytes.Length * 4L, SlabPool.SlabBytesMax));
        var slab = _pool.Take(wanted);
        lock (_lock)
        {
            if (_ring.Count > 0 && _ring.Last.Count == 0)
                _ring.DropLast();
            _ring.Add(slab);
            _tailIsSealed = false;
        }
        return slab;
    }

    private (Offset, long)? FindTimeIn(ReadOnlySpan<byte> batch, long timeMs)
    {
        var header = new RecordBatchHeader(batch);
        if (header.MaxTimestampMs < timeMs)
            return null;
        if (!_opened.TryOpen(batch))
            return (new Offset(Math.Max(header.BaseOffset.Value, _start)), header.MaxTimestampMs);
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.TimestampMs >= timeMs && IsAlive(reader.Current.Offset.Value))
                return (reader.Current.Offset, reader.Current.TimestampMs);
        }
        return null;
    }

    private void DropToLimits()
    {
        var retention = _options.Retention;
        while (retention.MaxBytes > 0 && _sizeBytes > retention.MaxBytes)
            DropOldestBatch();
        if (retention.MaxRecords > 0 && _recordCount > retention.MaxRecords)
            DropOldestRecords(_recordCount - retention.MaxRecords);
    }

    private void DropOldestRecords(long excess)
    {
        while (excess > 0)
        {
            var batch = _ring.First.BatchOf(0);
            var alive = CountAlive(batch, _start);
            if (alive > excess)
            {
                SetStart(OffsetBehind(batch, excess));
                return;
            }
            DropOldestBatch();
            excess -= alive;
        }
    }

    private void DropOldestBatch()
    {
        var slab = _ring.First;
        var batch = slab.BatchOf(0);
        var header = new RecordBatchHeader(batch);
        var lastOffset = header.LastOffset.Value;
        _recordCount -= CountAlive(batch, _start);
        _sizeBytes -= batch.Length;
        if (slab.DeadCount > 0)
            ForgetDead(slab, header.BaseOffset.Value, lastOffset);
        slab.DropFirst();
        if (slab.Count == 0 && _ring.Count > 1)
            _ring.DropFirst();
        _start = NextAlive(Math.Max(_start, lastOffset + 1));
    }

    private void DropNewestBatch()
    {
        var slab = _ring.Last;
        if (slab.Count > 0)
        {
            var batch = slab.BatchOf(slab.Count - 1);
            var header = new RecordBatchHeader(batch);
            _recordCount -= CountAlive(batch, _start);
            _sizeBytes -= batch.Length;
            if (slab.DeadCount > 0)
                ForgetDead(slab, header.BaseOffset.Value, header.LastOffset.Value);
            slab.DropLast();
        }
        if (slab.Count == 0)
            _ring.DropLast();
    }

    /// <summary>Copies what remains of a batch that a truncation cuts in two: the old bytes may be in a reader's hands.</summary>
    private void CutNewestBatch(Offset endOffset)
    {
        if (_ring.Count == 0)
            return;
        var batch = _ring.Last.BatchOf(_ring.Last.Count - 1);
        if (new RecordBatchHeader(batch).LastOffset < endOffset || !_opened.TryOpen(batch))
            return;
        var kept = new List<int>();
        var reader = _opened.Read(batch);
        for (var i = 0; reader.MoveNext(); i++)
        {
            if (reader.Current.Offset < endOffset && IsAlive(reader.Current.Offset.Value))
                kept.Add(i);
        }
        using var cut = new PooledBytes();
        if (kept.Count > 0)
            BatchSelection.Write(_opened, batch, kept, cut, (int)(endOffset - new RecordBatchHeader(batch).BaseOffset) - 1);
        DropNewestBatch();
        if (kept.Count > 0)
            AddCopy(cut.Span);
    }

    /// <summary>Puts a batch that keeps its offsets behind the others.</summary>
    private void AddCopy(ReadOnlySpan<byte> batch)
    {
        var header = new RecordBatchHeader(batch);
        if (_ring.Count == 0 || !_ring.Last.HasRoomFor(batch.Length) || _tailIsSealed)
            _ring.Add(_pool.Take(batch.Length));
        _tailIsSealed = false;
        _ring.Last.Write(batch);
        _ring.Last.Publish(batch.Length, header.MaxTimestampMs);
        _sizeBytes += batch.Length;
        _recordCount += header.RecordCount;
    }

    /// <summary>Makes an offset the start: records before it in its batch no longer count.</summary>
    private void SetStart(long start)
    {
        if (start > _start && _ring.Count > 0 && _ring.First.Count > 0)
        {
            var batch = _ring.First.BatchOf(0);
            _recordCount -= CountAlive(batch, _start) - CountAlive(batch, start);
        }
        _start = NextAlive(start);
    }

    /// <summary>Marks a record as removed.</summary>
    private bool Kill(long offset)
    {
        if (!IsAlive(offset) || offset >= _end || _ring.Count == 0 || !_ring.TryFind(new Offset(offset), out var slab, out var at))
            return false;
        var batch = _ring[slab].BatchOf(at);
        if (!_opened.TryOpen(batch))
            return false;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset.Value != offset)
                continue;
            _dead.Add(offset, reader.CurrentEncoded.Length);
            _deadBytes += reader.CurrentEncoded.Length;
            _recordCount--;
            _ring[slab].DeadCount++;
            _keys.OnKilled(reader.Current);
            return true;
        }
        return false;
    }

    private void SettleAfterKills()
    {
        _start = NextAlive(_start);
        while (_ring.Count > 0 && _ring.First.Count > 0 && _ring.First.HeaderOf(0).LastOffset.Value < _start)
            DropOldestBatch();
        if (_deadBytes > DeadBytesMin && _deadBytes > _sizeBytes / 2)
            Compact();
    }

    private void ForgetDead(Slab slab, long first, long last)
    {
        for (var offset = first; offset <= last; offset++)
        {
            if (!_dead.Remove(offset, out var bytes))
                continue;
            _deadBytes -= bytes;
            slab.DeadCount--;
        }
    }

    /// <summary>Copies what is still there into fresh slabs, so that the space of removed records is given back.</summary>
    private void Compact()
    {
        using var kept = new PooledBytes();
        for (var slab = 0; slab < _ring.Count; slab++)
        {
            for (var batch = 0; batch < _ring[slab].Count; batch++)
                MemoryLogRead.WriteAlive(_ring[slab].BatchOf(batch), _dead, _opened, kept);
        }
        _ring.Clear();
        _dead.Clear();
        _deadBytes = _sizeBytes = 0;
        _tailIsSealed = false;
        var walker = new BatchWalker(kept.Span);
        while (walker.MoveNext())
            CompactInto(walker.Current);
        _recordCount = 0;
        for (var slab = 0; slab < _ring.Count; slab++)
        {
            for (var batch = 0; batch < _ring[slab].Count; batch++)
                _recordCount += CountAlive(_ring[slab].BatchOf(batch), _start);
        }
    }

    private void CompactInto(ReadOnlySpan<byte> batch)
    {
        if (_ring.Count == 0 || !_ring.Last.HasRoomFor(batch.Length))
            _ring.Add(_pool.Take(Math.Max(batch.Length, (int)Math.Min(_ring.Count == 0 ? 0 : _ring.Last.Bytes.Length * 4L, SlabPool.SlabBytesMax))));
        AddCopy(batch);
    }

    /// <summary>Records of a batch from an offset on that are still there.</summary>
    private long CountAlive(ReadOnlySpan<byte> batch, long from)
    {
        var header = new RecordBatchHeader(batch);
        var first = Math.Max(header.BaseOffset.Value, from);
        var isDense = header.RecordCount == header.LastOffsetDelta + 1;
        if (isDense && _dead.Count == 0)
            return Math.Max(0, header.LastOffset.Value - first + 1);
        if (!_opened.TryOpen(batch))
            return header.RecordCount;
        var alive = 0L;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
            alive += reader.Current.Offset.Value >= first && !_dead.ContainsKey(reader.Current.Offset.Value) ? 1 : 0;
        return alive;
    }

    /// <summary>The offset that becomes the start when this many records of the oldest batch go.</summary>
    private long OffsetBehind(ReadOnlySpan<byte> batch, long records)
    {
        var header = new RecordBatchHeader(batch);
        if (_dead.Count == 0 && header.RecordCount == header.LastOffsetDelta + 1)
            return Math.Max(header.BaseOffset.Value, _start) + records;
        for (var offset = Math.Max(header.BaseOffset.Value, _start); ; offset++)
        {
            if (CountAlive(batch, _start) - CountAlive(batch, offset) == records)
                return offset;
        }
    }

    /// <summary>First record at or behind an offset that is still there; the end where none is.</summary>
    private long NextAlive(long from)
    {
        if (_ring.Count == 0 || !_ring.TryFind(new Offset(from), out var slab, out var at))
            return _end;
        do
        {
            var header = _ring[slab].HeaderOf(at);
            var isDense = header.RecordCount == header.LastOffsetDelta + 1;
            if (isDense && _ring[slab].DeadCount == 0)
                return Math.Max(from, header.BaseOffset.Value);
            if (FirstAlive(_ring[slab].BatchOf(at), from) is { } offset)
                return offset;
            at++;
        }
        while (_ring.Settle(ref slab, ref at));
        return _end;
    }

    private long? FirstAlive(ReadOnlySpan<byte> batch, long from)
    {
        if (!_opened.TryOpen(batch))
            return Math.Max(from, new RecordBatchHeader(batch).BaseOffset.Value);
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            var offset = reader.Current.Offset.Value;
            if (offset >= from && !_dead.ContainsKey(offset))
                return offset;
        }
        return null;
    }
}
