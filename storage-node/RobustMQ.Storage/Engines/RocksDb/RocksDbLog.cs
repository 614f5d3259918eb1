using System.Buffers;
using System.Runtime.InteropServices;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines.Keys;
using RobustMQ.Storage.Engines.Tails;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// A log whose batches are values by base offset, with index entries by key, lane and expiry. A record that is removed is taken out of its batch at once. Every change, with the
/// state after it, is one write: after a crash all of it is there or nothing.
/// </summary>
internal sealed class RocksDbLog : ILog, ITurnedLog, IIndexedLog
{
    /// <summary>Batches that one write of a removal takes in: a removal of many is several writes, so that none takes much memory.</summary>
    private const int RemovalBatchesMax = 256;

    /// <summary>Records that expire in one step: what is left is taken by the next.</summary>
    private const int ExpireMax = 1024;

    private readonly RocksDbStore _store;
    private readonly byte[] _stateKey;
    private readonly byte[] _batchPrefix;
    private readonly RocksDbIndexReader _index;
    private readonly LogTail _tail;
    private RocksDbLogWriter? _writer;
    private LogOptions _options;
    private volatile RocksDbLogState _state;

    /// <summary>No batch begins before. Seeking further back would walk over everything that retention has removed.</summary>
    private long _firstBase;

    public RocksDbLog(RocksDbStore store, LogId id, LogOptions options, RocksDbLogState state)
    {
        _store = store;
        _options = options;
        _state = state;
        _stateKey = RocksDbKeys.Of(id, RocksDbKeys.StateKind);
        _batchPrefix = RocksDbKeys.Of(id, RocksDbKeys.BatchKind);
        _index = new RocksDbIndexReader(store, id);
        _tail = new LogTail(store.Tails);
        Id = id;
        if (state.End == 0)
            return;
        try
        {
            // A removal writes its new start with the next change; what is there says it too.
            SettleStart();
        }
        catch (StorageException)
        {
            // A damaged batch is refused when it is read; the log opens all the same.
        }
    }

    public LogId Id { get; }

    public Offset StartOffset => new(_state.Start);

    public Offset EndOffset => new(_state.End);

    public long SizeBytes => _state.SizeBytes;

    public long RecordCount => _state.RecordCount;

    public long AppliedIndex => _state.AppliedIndex;

    /// <summary>What only a log that changes needs.</summary>
    private RocksDbLogWriter Writer => _writer ??= new RocksDbLogWriter(Id);

    public Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index)
    {
        if (batch.Length > _options.MaxBatchBytes)
            throw new StorageException(ErrorCode.TooLarge, $"{batch.Length} bytes are more than a batch of this log may have");
        var baseOffset = new Offset(_state.End);
        var copy = _tail.Begin(batch);
        var changes = _store.Rent();
        try
        {
            RecordBatchHeader.Stamp(copy, baseOffset, epoch);
            changes.Put(RocksDbKeys.Batch(Id, baseOffset.Value), copy);
            var expiresAtMs = Writer.Index(copy, changes);
            Commit(changes, After(copy, epoch, index, expiresAtMs));
            _tail.Publish(baseOffset.Value, _state.End);
            DropDisplaced(copy);
        }
        finally
        {
            _store.Return(changes);
            _tail.End();
        }
        DropToLimits();
        return baseOffset;
    }

    public ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default) =>
        level < Durability.Durable ? ValueTask.CompletedTask : new ValueTask(_store.SyncAsync());

    public ValueTask FlushAsync(Durability level, SyncTurn turn) =>
        level < Durability.Durable ? ValueTask.CompletedTask : new ValueTask(_store.SyncAsync(turn));

    public ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        var state = _state;
        if (read.From.Value < state.Start || read.From.Value > state.End)
            return new(new LogReadResult(ErrorCode.OffsetOutOfRange, read.From, 0));
        if (read.From.Value == state.End)
            return new(new LogReadResult(ErrorCode.None, read.From, 0));
        if (_tail.TryRead(read, destination, out var inMemory))
            return new(inMemory);
        var next = read.From;
        var bytes = 0;
        var records = 0;
        _store.CountRead();
        using var iterator = IterateFrom(read.From.Value);
        for (; IsBatch(iterator); iterator.Next())
        {
            var header = new RecordBatchHeader(iterator.GetValueSpan());
            if (header.LastOffset < read.From)
                continue;
            if (header.BaseOffset.Value >= state.End)
                break;
            var batch = Check(iterator);
            if ((read.Until != Offset.None && header.BaseOffset >= read.Until) || (bytes > 0 && bytes + batch.Length > read.MaxBytes))
                return new(new LogReadResult(ErrorCode.None, next, bytes));
            destination.Write(batch);
            bytes += batch.Length;
            records += header.RecordCount;
            next = header.LastOffset + 1;
            if ((read.MaxRecords > 0 && records >= read.MaxRecords) || bytes >= read.MaxBytes)
                return new(new LogReadResult(ErrorCode.None, next, bytes));
        }
        return new(new LogReadResult(ErrorCode.None, new Offset(state.End), bytes));
    }

    public ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default)
    {
        using var opened = new OpenedBatch();
        using var iterator = IterateFrom(_state.Start);
        for (; IsBatch(iterator); iterator.Next())
        {
            if (new RecordBatchHeader(iterator.GetValueSpan()).MaxTimestampMs < timeMs)
                continue;
            var batch = Check(iterator);
            if (!opened.TryOpen(batch))
                continue;
            var reader = opened.Read(batch);
            while (reader.MoveNext())
            {
                if (reader.Current.TimestampMs >= timeMs)
                    return new((reader.Current.Offset, reader.Current.TimestampMs));
            }
        }
        return new((Offset.None, -1));
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key) => _index.FindLastOfKey(key);

    public int FindLaneBelow(int lane) => _index.FindLaneBelow(lane);

    public void FindInLane(byte lane, Offset from, Offset until, int countMax, List<long> found) => _index.FindInLane(lane, from, until, countMax, found);

    public bool TryFindByKey(ReadOnlySpan<byte> key, bool isPrefix, Offset from, Offset until, int countMax, List<long> found) =>
        _index.TryFindByKey(key, isPrefix, from, until, countMax, found);

    public long DeleteBefore(Offset offset) => RemoveRange(_state.Start, Math.Min(offset.Value, _state.End));

    public long Delete(IReadOnlyList<Offset> offsets)
    {
        var sorted = new List<long>(offsets.Count);
        foreach (var offset in offsets)
            sorted.Add(offset.Value);
        return RemoveOffsets(sorted);
    }

    public void TruncateTo(Offset endOffset)
    {
        var end = endOffset.Value;
        if (end >= _state.End)
            return;
        using var changes = new WriteBatch();
        var removal = new OffsetRange(end, long.MaxValue);
        long records = 0, bytes = 0;
        using (var iterator = IterateFrom(end))
        {
            for (; IsBatch(iterator); iterator.Next())
            {
                if (new RecordBatchHeader(iterator.GetValueSpan()).LastOffset.Value >= end)
                    Rewrite(iterator, removal, changes, cutTo: end, ref records, ref bytes);
            }
        }
        changes.Delete(RocksDbKeys.Of(Id, RocksDbKeys.SnapshotKind));
        var state = _state;
        Commit(changes, state with { End = end, Start = Math.Min(state.Start, end), RecordCount = state.RecordCount - records, SizeBytes = state.SizeBytes - bytes });
        _tail.Forget();
        Interlocked.Exchange(ref _firstBase, Math.Min(Interlocked.Read(ref _firstBase), end));
        SettleStart();
    }

    public long ApplyRetention(long nowMs)
    {
        var before = _state.RecordCount;
        var isDue = _state.DueMs != 0 && _state.DueMs <= nowMs;
        if (isDue)
        {
            RemoveExpired(nowMs);
            if (_options.Retention.MaxAgeMs > 0)
                RemoveRange(_state.Start, FindYoungerThan(nowMs - _options.Retention.MaxAgeMs));
        }
        DropToLimits();
        if (isDue)
            SettleDue();
        return before - _state.RecordCount;
    }

    public void Configure(LogOptions options)
    {
        var ageWas = _options.Retention.MaxAgeMs;
        _options = options;
        if (ageWas != options.Retention.MaxAgeMs)
            SettleDue();
    }

    public LogManifest GetManifest()
    {
        var state = _state;
        return new LogManifest(Id, new Offset(state.Start), new Offset(state.End), state.SizeBytes, state.AppliedIndex, state.LastEpoch);
    }

    public void SaveSnapshot(ReadOnlySpan<byte> snapshot)
    {
        using var changes = new WriteBatch();
        var key = RocksDbKeys.Of(Id, RocksDbKeys.SnapshotKind);
        changes.Put(key, new Metadata.MetadataWriter(1).Int64(_state.End).Bytes(snapshot).Seal(key));
        _store.Write(changes);
    }

    public LogSnapshot? LoadSnapshot()
    {
        if (_state.End == 0)
            return null;
        var key = RocksDbKeys.Of(Id, RocksDbKeys.SnapshotKind);
        if (_store.Get(key) is not { } value)
            return null;
        var reader = new Metadata.MetadataReader("a log's snapshot", key, value, 1);
        var end = new Offset(reader.Int64());
        // The write-ahead log keeps the order of writes: a snapshot that is there has everything that it speaks of.
        return new LogSnapshot(end, reader.Bytes().ToArray());
    }

    public ValueTask DisposeAsync()
    {
        _tail.Dispose();
        _writer?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A log that was opened is there after a restart, even with nothing in it.</summary>
    internal void WriteState()
    {
        using var changes = new WriteBatch();
        Commit(changes, _state);
    }

    private RocksDbLogState After(ReadOnlySpan<byte> batch, Epoch epoch, long index, long expiresAtMs)
    {
        var state = _state;
        var header = new RecordBatchHeader(batch);
        var isEmpty = state.RecordCount == 0;
        var dueMs = isEmpty ? Math.Min(expiresAtMs, AgesOutMs(header)) : expiresAtMs;
        return state with
        {
            Start = isEmpty ? header.BaseOffset.Value : state.Start,
            End = state.End + header.LastOffsetDelta + 1,
            SizeBytes = state.SizeBytes + batch.Length,
            RecordCount = state.RecordCount + header.RecordCount,
            AppliedIndex = Math.Max(state.AppliedIndex, index),
            LastEpoch = epoch,
            DueMs = RocksDbLogState.Earlier(state.DueMs, dueMs),
        };
    }

    /// <summary>When a batch is older than the log keeps; <see cref="long.MaxValue"/>: never.</summary>
    private long AgesOutMs(RecordBatchHeader header)
    {
        var ageMs = _options.Retention.MaxAgeMs;
        var stampMs = Math.Max(header.MaxTimestampMs, 0);
        return ageMs <= 0 || stampMs >= long.MaxValue - ageMs ? long.MaxValue : stampMs + ageMs + 1;
    }

    private Iterator IterateFrom(long offset)
    {
        var iterator = _store.Iterate(Id);
        var first = Interlocked.Read(ref _firstBase);
        if (offset > first)
            iterator.SeekForPrev(RocksDbKeys.Batch(Id, offset));
        if (offset <= first || !IsBatch(iterator))
            iterator.Seek(RocksDbKeys.Batch(Id, first));
        return iterator;
    }

    private bool IsBatch(Iterator iterator) => _store.IsValid(iterator) && RocksDbKeys.IsNumbered(iterator.GetKeySpan(), _batchPrefix);

    /// <summary>The batch that an iterator stands on, valid until it moves.</summary>
    private ReadOnlySpan<byte> Check(Iterator iterator)
    {
        var batch = iterator.GetValueSpan();
        if (new RecordBatchHeader(batch).Crc != Crc32C.Compute(batch[RecordBatchHeader.CrcCoveredFrom..]))
            throw _store.Damaged($"log {Id} cannot be read at offset {RocksDbKeys.LastNumber(iterator.GetKeySpan())}: wrong checksum");
        return batch;
    }

    private void Commit(WriteBatch changes, RocksDbLogState state)
    {
        var dueWas = _state.DueMs;
        if (state.DueMs != dueWas)
        {
            if (dueWas != 0)
                changes.Delete(RocksDbKeys.Due(RocksDbKeys.DueKind, dueWas, Id));
            if (state.DueMs != 0)
                changes.Put(RocksDbKeys.Due(RocksDbKeys.DueKind, state.DueMs, Id), RocksDbKeys.NoValue);
        }
        Span<byte> value = stackalloc byte[RocksDbLogState.Size];
        state.Format(_stateKey, value);
        changes.Put(_stateKey, value);
        _store.Write(changes);
        _state = state;
    }

    private long RemoveRange(long from, long to)
    {
        var removed = 0L;
        while (from < to)
        {
            var step = RemoveSome(from, to, new OffsetRange(from, to), out var next);
            removed += step;
            from = next;
        }
        if (removed > 0)
            SettleStart();
        return removed;
    }

    /// <param name="offsets">Sorted here.</param>
    private long RemoveOffsets(List<long> offsets)
    {
        offsets.Sort();
        var removed = 0L;
        var set = new OffsetSet(offsets);
        for (var i = 0; i < offsets.Count;)
        {
            if (offsets[i] < _state.Start || offsets[i] >= _state.End)
            {
                i++;
                continue;
            }
            removed += RemoveSome(offsets[i], offsets[i] + 1, set, out var next);
            while (i < offsets.Count && offsets[i] < next)
                i++;
        }
        if (removed > 0)
            SettleStart();
        return removed;
    }

    /// <summary>Removes records of the batches that hold some offsets, in one write. A batch that is looked at loses all that the removal has.</summary>
    /// <param name="next">Behind the last batch that was looked at.</param>
    private long RemoveSome<T>(long from, long to, T removal, out long next) where T : struct, IRemoval
    {
        next = to;
        long records = 0, bytes = 0;
        var changes = _store.Rent();
        try
        {
            using (var iterator = IterateFrom(from))
            {
                for (var count = 0; IsBatch(iterator); iterator.Next())
                {
                    var header = new RecordBatchHeader(iterator.GetValueSpan());
                    if (header.BaseOffset.Value >= to)
                        break;
                    if (header.LastOffset.Value < from)
                        continue;
                    next = header.LastOffset.Value + 1;
                    Rewrite(iterator, removal, changes, cutTo: -1, ref records, ref bytes);
                    if (++count == RemovalBatchesMax)
                        break;
                    next = Math.Max(next, to);
                }
            }
            if (records > 0)
            {
                Commit(changes, _state with { RecordCount = _state.RecordCount - records, SizeBytes = _state.SizeBytes - bytes });
                _tail.Forget(next);
            }
        }
        finally
        {
            _store.Return(changes);
        }
        return records;
    }

    /// <summary>Takes records out of the batch that an iterator stands on.</summary>
    /// <param name="cutTo">The batch ends here from now on; -1: where it ended.</param>
    private void Rewrite<T>(Iterator iterator, T removal, WriteBatch changes, long cutTo, ref long records, ref long bytes) where T : struct, IRemoval
    {
        var batch = Check(iterator);
        var writer = Writer;
        if (!writer.Opened.TryOpen(batch))
            return;
        var kept = writer.Kept;
        kept.Clear();
        writer.Indexes.Begin(new RecordBatchHeader(batch).BaseOffset.Value);
        var reader = writer.Opened.Read(batch);
        var count = 0;
        for (; reader.MoveNext(); count++)
        {
            if (removal.Has(reader.Current.Offset.Value))
            {
                writer.Indexes.Remove(reader.Current, changes);
                continue;
            }
            writer.Indexes.Keep(reader.Current);
            kept.Add(count);
        }
        if (kept.Count == count && cutTo < 0)
            return;
        writer.Indexes.End(changes, isNew: false);
        records += count - kept.Count;
        bytes += batch.Length;
        if (kept.Count == 0)
        {
            changes.Delete(iterator.GetKeySpan());
            return;
        }
        writer.Rest.Clear();
        if (cutTo >= 0)
            BatchSelection.Write(writer.Opened, batch, kept, writer.Rest, (int)(cutTo - new RecordBatchHeader(batch).BaseOffset.Value) - 1);
        else
            RecordBatchSlicer.Write(batch, writer.Opened.Records(batch), CollectionsMarshal.AsSpan(kept), writer.Rest);
        bytes -= writer.Rest.Length;
        changes.Put(iterator.GetKeySpan(), writer.Rest.Span);
    }

    /// <summary>Looks where the log begins now that records may be gone, and keeps its due time no later than the oldest batch's age asks for.</summary>
    private void SettleStart()
    {
        var state = _state;
        using var iterator = IterateFrom(Math.Max(state.Start, Interlocked.Read(ref _firstBase)));
        if (!IsBatch(iterator))
        {
            Interlocked.Exchange(ref _firstBase, state.End);
            _state = state with { Start = state.End };
            return;
        }
        var batch = Check(iterator);
        var header = new RecordBatchHeader(batch);
        Interlocked.Exchange(ref _firstBase, header.BaseOffset.Value);
        _state = state with { Start = RecordOffsets.At(batch, 0, orElse: Math.Max(state.Start, header.BaseOffset.Value)) };
        var agesOutMs = AgesOutMs(header);
        if (RocksDbLogState.Earlier(state.DueMs, agesOutMs) != state.DueMs && _writer is not null)
            SetDue(RocksDbLogState.Earlier(state.DueMs, agesOutMs));
    }

    private void RemoveExpired(long nowMs)
    {
        var expired = new List<long>();
        var stale = new List<byte[]>();
        using (var iterator = _store.Iterate(Id))
        {
            for (iterator.Seek(RocksDbKeys.Of(Id, RocksDbKeys.ExpiryKind)); expired.Count < ExpireMax && TryExpiry(iterator, out var expiresAtMs); iterator.Next())
            {
                if (expiresAtMs > nowMs)
                    break;
                expired.Add(RocksDbKeys.LastNumber(iterator.GetKeySpan()));
                stale.Add(iterator.Key());
            }
        }
        if (expired.Count == 0)
            return;
        RemoveOffsets(expired);
        // Nothing is left of them unless a batch could not be opened; then it must not be looked at for ever.
        using var changes = new WriteBatch();
        foreach (var key in stale)
            changes.Delete(key);
        _store.Write(changes);
    }

    private bool TryExpiry(Iterator iterator, out long expiresAtMs)
    {
        expiresAtMs = 0;
        if (!_store.IsValid(iterator) || iterator.GetKeySpan()[RocksDbKeys.LogBytes] != RocksDbKeys.ExpiryKind)
            return false;
        expiresAtMs = RocksDbKeys.LastNumber(iterator.GetKeySpan()[..^sizeof(long)]);
        return true;
    }

    /// <summary>Looks when something is due next.</summary>
    private void SettleDue()
    {
        var dueMs = 0L;
        using (var iterator = _store.Iterate(Id))
        {
            iterator.Seek(RocksDbKeys.Of(Id, RocksDbKeys.ExpiryKind));
            if (TryExpiry(iterator, out var expiresAtMs))
                dueMs = RocksDbLogState.Earlier(0, expiresAtMs);
        }
        if (_options.Retention.MaxAgeMs > 0)
        {
            using var iterator = IterateFrom(_state.Start);
            if (IsBatch(iterator))
                dueMs = RocksDbLogState.Earlier(dueMs, AgesOutMs(new RecordBatchHeader(iterator.GetValueSpan())));
        }
        SetDue(dueMs);
    }

    private void SetDue(long dueMs)
    {
        if (dueMs == _state.DueMs)
            return;
        using var changes = new WriteBatch();
        Commit(changes, _state with { DueMs = dueMs });
    }

    private long FindYoungerThan(long oldestMs)
    {
        using var iterator = IterateFrom(_state.Start);
        for (; IsBatch(iterator); iterator.Next())
        {
            var header = new RecordBatchHeader(iterator.GetValueSpan());
            if (header.MaxTimestampMs >= oldestMs)
                return header.BaseOffset.Value;
        }
        return _state.End;
    }

    private void DropToLimits()
    {
        var retention = _options.Retention;
        var bytes = retention.MaxBytes > 0 ? _state.SizeBytes - retention.MaxBytes : 0;
        var records = retention.MaxRecords > 0 ? _state.RecordCount - retention.MaxRecords : 0;
        if (bytes <= 0 && records <= 0)
            return;
        var to = _state.Start;
        using (var iterator = IterateFrom(_state.Start))
        {
            for (; (bytes > 0 || records > 0) && IsBatch(iterator); iterator.Next())
            {
                var batch = iterator.GetValueSpan();
                var header = new RecordBatchHeader(batch);
                if (bytes <= 0 && header.RecordCount > records)
                {
                    to = RecordOffsets.At(Check(iterator), records, orElse: header.LastOffset.Value + 1);
                    break;
                }
                bytes -= batch.Length;
                records -= header.RecordCount;
                to = header.LastOffset.Value + 1;
            }
        }
        RemoveRange(_state.Start, to);
    }

    /// <summary>Removes the oldest records of the keys in a batch that have more than the log keeps of each.</summary>
    private void DropDisplaced(ReadOnlySpan<byte> batch)
    {
        var perKey = _options.Retention.MaxRecordsPerKey;
        if (perKey <= 0 || !Writer.Opened.TryOpen(batch))
            return;
        var displaced = new List<long>();
        var ofKey = new List<long>();
        var last = ReadOnlySpan<byte>.Empty;
        var reader = Writer.Opened.Read(batch);
        for (var isFirst = true; reader.MoveNext(); isFirst = false)
        {
            if (!reader.Current.HasKey || (!isFirst && reader.Current.Key.SequenceEqual(last)))
                continue;
            last = reader.Current.Key;
            ofKey.Clear();
            _index.FindAll(last, ofKey);
            for (var i = 0; i < ofKey.Count - perKey; i++)
                displaced.Add(ofKey[i]);
        }
        if (displaced.Count > 0)
            RemoveOffsets(displaced);
    }
}
