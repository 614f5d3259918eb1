using System.Buffers;
using System.Runtime.InteropServices;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// A log whose batches are values by base offset, with an index entry for every record that has a key. A record that is removed is taken out of its batch at once. Every change, with the
/// state after it, is one write: after a crash all of it is there or nothing.
/// </summary>
internal sealed class RocksDbLog : ILog
{
    private readonly RocksDbStore _store;
    private readonly byte[] _stateKey;
    private readonly byte[] _batchPrefix;
    private readonly OpenedBatch _opened = new();
    private readonly List<int> _kept = [];
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
        Id = id;
        try
        {
            FirstRecord(state);
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

    public Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index)
    {
        if (batch.Length > _options.MaxBatchBytes)
            throw new StorageException(ErrorCode.TooLarge, $"{batch.Length} bytes are more than a batch of this log may have");
        var state = _state;
        var baseOffset = new Offset(state.End);
        var copy = batch.ToArray();
        RecordBatchHeader.Stamp(copy, baseOffset, epoch);
        var header = new RecordBatchHeader(copy);
        using var changes = new WriteBatch();
        changes.Put(RocksDbKeys.Batch(Id, baseOffset.Value), copy);
        IndexKeys(copy, changes);
        var isEmpty = state.RecordCount == 0;
        Commit(changes, state with
        {
            Start = isEmpty ? baseOffset.Value : state.Start,
            End = state.End + header.LastOffsetDelta + 1,
            SizeBytes = state.SizeBytes + copy.Length,
            RecordCount = state.RecordCount + header.RecordCount,
            AppliedIndex = Math.Max(state.AppliedIndex, index),
            LastEpoch = epoch,
        });
        DropDisplaced(copy);
        DropToLimits();
        return baseOffset;
    }

    public ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default) =>
        level < Durability.Durable ? ValueTask.CompletedTask : new ValueTask(_store.SyncAsync());

    public ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        var state = _state;
        if (read.From.Value < state.Start || read.From.Value > state.End)
            return new(new LogReadResult(ErrorCode.OffsetOutOfRange, read.From, 0));
        var next = read.From;
        var bytes = 0;
        var records = 0;
        _store.CountRead();
        using var iterator = IterateFrom(read.From.Value);
        for (; TryBatch(iterator, out var batch); iterator.Next())
        {
            var header = new RecordBatchHeader(batch);
            if (header.LastOffset < read.From)
                continue;
            if (header.BaseOffset.Value >= state.End)
                break;
            if ((read.Until != Offset.None && header.BaseOffset >= read.Until) || (bytes > 0 && bytes + batch.Length > read.MaxBytes))
                return new(new LogReadResult(ErrorCode.None, next, bytes));
            destination.Write(batch);
            bytes += batch.Length;
            records += header.RecordCount;
            next = header.LastOffset + 1;
            if (read.MaxRecords > 0 && records >= read.MaxRecords)
                return new(new LogReadResult(ErrorCode.None, next, bytes));
        }
        return new(new LogReadResult(ErrorCode.None, new Offset(state.End), bytes));
    }

    public ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default)
    {
        using var opened = new OpenedBatch();
        using var iterator = IterateFrom(_state.Start);
        for (; TryBatch(iterator, out var batch); iterator.Next())
        {
            if (new RecordBatchHeader(batch).MaxTimestampMs < timeMs || !opened.TryOpen(batch))
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

    public Offset FindLastOfKey(ReadOnlySpan<byte> key)
    {
        var prefix = RocksDbKeys.KeyPrefix(Id, key);
        using var iterator = _store.Iterate();
        iterator.SeekForPrev(RocksDbKeys.Key(Id, key, long.MaxValue));
        return iterator.Valid() && IsOf(iterator.Key(), prefix) ? new Offset(RocksDbKeys.LastNumber(iterator.Key())) : Offset.None;
    }

    public long DeleteBefore(Offset offset) => Remove(_state.Start, Math.Min(offset.Value, _state.End));

    public long Delete(IReadOnlyList<Offset> offsets)
    {
        var removed = 0L;
        foreach (var offset in new SortedSet<long>(offsets.Select(offset => offset.Value)))
        {
            if (offset >= _state.Start && offset < _state.End)
                removed += Remove(offset, offset + 1);
        }
        return removed;
    }

    public void TruncateTo(Offset endOffset)
    {
        var end = endOffset.Value;
        if (end >= _state.End)
            return;
        using var changes = new WriteBatch();
        var removed = CollectRemovals(end, long.MaxValue, changes, cutTo: end);
        changes.Delete(RocksDbKeys.Of(Id, RocksDbKeys.SnapshotKind));
        var state = _state;
        Commit(changes, Next(state with { End = end }, removed));
        Interlocked.Exchange(ref _firstBase, Math.Min(Interlocked.Read(ref _firstBase), end));
        WriteStart();
    }

    public long ApplyRetention(long nowMs)
    {
        var before = _state.RecordCount;
        if (_options.Retention.MaxAgeMs > 0)
            Remove(_state.Start, FindYoungerThan(nowMs - _options.Retention.MaxAgeMs));
        DropToLimits();
        return before - _state.RecordCount;
    }

    public void Configure(LogOptions options) => _options = options;

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
        _opened.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A log that was opened is there after a restart, even with nothing in it.</summary>
    internal void WriteState()
    {
        using var changes = new WriteBatch();
        Commit(changes, _state);
    }

    private readonly record struct Removals(long Records, long Bytes);

    private static bool IsOf(byte[] key, byte[] prefix) => key.Length == prefix.Length + sizeof(long) && key.AsSpan().StartsWith(prefix);

    private Iterator IterateFrom(long offset)
    {
        var iterator = _store.Iterate();
        var first = Interlocked.Read(ref _firstBase);
        if (offset > first)
            iterator.SeekForPrev(RocksDbKeys.Batch(Id, offset));
        if (offset <= first || !iterator.Valid() || !IsOf(iterator.Key(), _batchPrefix))
            iterator.Seek(RocksDbKeys.Batch(Id, first));
        return iterator;
    }

    private bool TryBatch(Iterator iterator, out byte[] batch)
    {
        batch = [];
        if (!iterator.Valid() || !IsOf(iterator.Key(), _batchPrefix))
            return false;
        batch = iterator.Value();
        if (new RecordBatchHeader(batch).Crc != Crc32C.Compute(batch.AsSpan(RecordBatchHeader.CrcCoveredFrom)))
            throw new StorageException(ErrorCode.DiskFailure, $"log {Id} cannot be read at offset {RocksDbKeys.LastNumber(iterator.Key())}: wrong checksum");
        return true;
    }

    private void IndexKeys(byte[] batch, WriteBatch changes)
    {
        if (!_opened.TryOpen(batch))
            return;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.HasKey)
                changes.Put(RocksDbKeys.Key(Id, reader.Current.Key, reader.Current.Offset.Value), Array.Empty<byte>());
        }
    }

    private void Commit(WriteBatch changes, RocksDbLogState state)
    {
        changes.Put(_stateKey, state.Format(_stateKey));
        _store.Write(changes);
        _state = state;
    }

    /// <summary>Removes the records from one offset to before another, in one write.</summary>
    private long Remove(long from, long to)
    {
        if (to <= from)
            return 0;
        using var changes = new WriteBatch();
        var removed = CollectRemovals(from, to, changes, cutTo: -1);
        if (removed.Records == 0)
            return 0;
        Commit(changes, Next(_state, removed));
        WriteStart();
        return removed.Records;
    }

    private static RocksDbLogState Next(RocksDbLogState state, Removals removed) =>
        state with { RecordCount = state.RecordCount - removed.Records, SizeBytes = state.SizeBytes - removed.Bytes };

    private Removals CollectRemovals(long from, long to, WriteBatch changes, long cutTo)
    {
        var records = 0L;
        var bytes = 0L;
        using var iterator = IterateFrom(from);
        for (; TryBatch(iterator, out var batch); iterator.Next())
        {
            var header = new RecordBatchHeader(batch);
            if (header.BaseOffset.Value >= to)
                break;
            if (header.LastOffset.Value < from || !_opened.TryOpen(batch))
                continue;
            var rest = Rest(batch, from, to, changes, cutTo, out var gone);
            if (gone == 0 && (cutTo < 0 || header.LastOffset.Value < cutTo))
                continue;
            records += gone;
            bytes += batch.Length - rest.Length;
            if (rest.Length == 0)
                changes.Delete(iterator.Key());
            else
                changes.Put(iterator.Key(), rest);
        }
        return new Removals(records, bytes);
    }

    private byte[] Rest(byte[] batch, long from, long to, WriteBatch changes, long cutTo, out int gone)
    {
        _kept.Clear();
        gone = 0;
        var reader = _opened.Read(batch);
        for (var i = 0; reader.MoveNext(); i++)
        {
            var record = reader.Current;
            if (record.Offset.Value < from || record.Offset.Value >= to)
            {
                _kept.Add(i);
                continue;
            }
            gone++;
            if (record.HasKey)
                changes.Delete(RocksDbKeys.Key(Id, record.Key, record.Offset.Value));
        }
        if (_kept.Count == 0)
            return [];
        using var rest = new PooledBytes();
        if (cutTo >= 0)
            BatchSelection.Write(_opened, batch, _kept, rest, (int)(cutTo - new RecordBatchHeader(batch).BaseOffset.Value) - 1);
        else
            RecordBatchSlicer.Write(batch, _opened.Records(batch), CollectionsMarshal.AsSpan(_kept), rest);
        return rest.Span.ToArray();
    }

    /// <summary>The start is the first record that is still there.</summary>
    private void WriteStart()
    {
        var state = _state;
        var start = FirstRecord(state);
        if (start == state.Start)
            return;
        using var changes = new WriteBatch();
        Commit(changes, state with { Start = start });
    }

    private long FirstRecord(RocksDbLogState state)
    {
        using var iterator = IterateFrom(Interlocked.Read(ref _firstBase));
        var isThere = TryBatch(iterator, out var batch);
        Interlocked.Exchange(ref _firstBase, isThere ? new RecordBatchHeader(batch).BaseOffset.Value : state.End);
        if (!isThere)
            return state.End;
        if (!_opened.TryOpen(batch))
            return Math.Max(state.Start, new RecordBatchHeader(batch).BaseOffset.Value);
        var reader = _opened.Read(batch);
        return reader.MoveNext() ? reader.Current.Offset.Value : state.End;
    }

    private long FindYoungerThan(long oldestMs)
    {
        using var iterator = IterateFrom(_state.Start);
        for (; TryBatch(iterator, out var batch); iterator.Next())
        {
            if (new RecordBatchHeader(batch).MaxTimestampMs >= oldestMs)
                return new RecordBatchHeader(batch).BaseOffset.Value;
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
            for (; (bytes > 0 || records > 0) && TryBatch(iterator, out var batch); iterator.Next())
            {
                var header = new RecordBatchHeader(batch);
                if (bytes <= 0 && header.RecordCount > records)
                {
                    to = OffsetBehind(batch, records);
                    break;
                }
                bytes -= batch.Length;
                records -= header.RecordCount;
                to = header.LastOffset.Value + 1;
            }
        }
        Remove(_state.Start, to);
    }

    private long OffsetBehind(byte[] batch, long records)
    {
        if (!_opened.TryOpen(batch))
            return new RecordBatchHeader(batch).LastOffset.Value + 1;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            if (records-- == 0)
                return reader.Current.Offset.Value;
        }
        return new RecordBatchHeader(batch).LastOffset.Value + 1;
    }

    /// <summary>Removes the oldest records of the keys in a batch that have more than the log keeps of each.</summary>
    private void DropDisplaced(byte[] batch)
    {
        var perKey = _options.Retention.MaxRecordsPerKey;
        if (perKey <= 0)
            return;
        var displaced = new SortedSet<long>();
        using var opened = new OpenedBatch();
        if (!opened.TryOpen(batch))
            return;
        var reader = opened.Read(batch);
        while (reader.MoveNext())
        {
            if (reader.Current.HasKey)
                CollectDisplaced(RocksDbKeys.KeyPrefix(Id, reader.Current.Key), perKey, displaced);
        }
        foreach (var offset in displaced)
            Remove(offset, offset + 1);
    }

    private void CollectDisplaced(byte[] prefix, long perKey, SortedSet<long> displaced)
    {
        var offsets = new List<long>();
        using var iterator = _store.Iterate();
        for (iterator.Seek(prefix); iterator.Valid() && IsOf(iterator.Key(), prefix); iterator.Next())
            offsets.Add(RocksDbKeys.LastNumber(iterator.Key()));
        for (var i = 0; i < offsets.Count - perKey; i++)
            displaced.Add(offsets[i]);
    }
}
