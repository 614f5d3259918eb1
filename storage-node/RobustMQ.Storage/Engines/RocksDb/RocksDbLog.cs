using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
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
    private readonly RocksDbStore _store;
    private readonly RocksDbLogHead _head;
    private readonly RocksDbBatches _batches;
    private readonly RocksDbDueTime _due;
    private readonly RocksDbRemoval _removal;
    private readonly RocksDbIndexReader _index;
    private readonly LogTail _tail;
    private LogOptions _options;

    public RocksDbLog(RocksDbStore store, LogId id, LogOptions options, RocksDbLogState state)
    {
        _store = store;
        _options = options;
        _head = new RocksDbLogHead(store, id, state);
        _batches = new RocksDbBatches(store, id);
        _due = new RocksDbDueTime(store, id, _head, _batches) { MaxAgeMs = options.Retention.MaxAgeMs };
        _index = new RocksDbIndexReader(store, id);
        _tail = new LogTail(store.Tails);
        _removal = new RocksDbRemoval(store, id, _head, _batches, _due, _index, _tail);
        Id = id;
        if (state.End == 0)
            return;
        try
        {
            // A removal writes its new start with the next change; what is there says it too.
            _removal.SettleStart();
        }
        catch (StorageException)
        {
            // A damaged batch is refused when it is read; the log opens all the same.
        }
    }

    public LogId Id { get; }

    public Offset StartOffset => new(_head.State.Start);

    public Offset EndOffset => new(_head.State.End);

    public long SizeBytes => _head.State.SizeBytes;

    public long RecordCount => _head.State.RecordCount;

    public long AppliedIndex => _head.State.AppliedIndex;

    public Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index)
    {
        if (batch.Length > _options.MaxBatchBytes)
            throw new StorageException(ErrorCode.TooLarge, $"{batch.Length} bytes are more than a batch of this log may have");
        var baseOffset = new Offset(_head.State.End);
        var copy = _tail.Begin(batch);
        var changes = _store.Rent();
        try
        {
            RecordBatchHeader.Stamp(copy, baseOffset, epoch);
            changes.Put(RocksDbKeys.Batch(Id, baseOffset.Value), copy);
            var expiresAtMs = _head.Writer.Index(copy, changes);
            _head.Commit(changes, After(copy, epoch, index, expiresAtMs));
            _tail.Publish(baseOffset.Value, _head.State.End);
            DropForNew(copy);
        }
        finally
        {
            _store.Return(changes);
            _tail.End();
        }
        return baseOffset;
    }

    public ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default) =>
        level < Durability.Durable ? ValueTask.CompletedTask : new ValueTask(_store.SyncAsync());

    public ValueTask FlushAsync(Durability level, SyncTurn turn) =>
        level < Durability.Durable ? ValueTask.CompletedTask : new ValueTask(_store.SyncAsync(turn));

    public ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        var state = _head.State;
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
        if (read.Until == read.From + 1 && _batches.Copy(read.From.Value, destination) is { Bytes: > 0 } one)
            return new(new LogReadResult(ErrorCode.None, read.From + one.Offsets, one.Bytes));
        using var iterator = _batches.IterateFrom(read.From.Value);
        for (; _batches.IsBatch(iterator); iterator.Next())
        {
            var header = new RecordBatchHeader(iterator.GetValueSpan());
            if (header.LastOffset < read.From)
                continue;
            if (header.BaseOffset.Value >= state.End)
                break;
            var batch = _batches.Check(iterator);
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
        // The database has a batch a moment before readers are shown it.
        var state = _head.State;
        return new(_batches.FindTime(state.Start, state.End, timeMs));
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key) => _index.FindLastOfKey(key, EndOffset);

    public Offset FindLastOfKey(ReadOnlySpan<byte> key, Offset until) => _index.FindLastOfKey(key, until);

    public int FindLaneBelow(int lane) => _index.FindLaneBelow(lane);

    public void FindInLane(byte lane, Offset from, Offset until, int countMax, List<long> found) => _index.FindInLane(lane, from, until, countMax, found);

    public bool TryFindByKey(ReadOnlySpan<byte> key, bool isPrefix, Offset from, Offset until, int countMax, List<long> found) =>
        _index.TryFindByKey(key, isPrefix, from, until, countMax, found);

    public long DeleteBefore(Offset offset) => _removal.Remove(_head.State.Start, Math.Min(offset.Value, _head.State.End));

    public long Delete(IReadOnlyList<Offset> offsets)
    {
        var sorted = new List<long>(offsets.Count);
        foreach (var offset in offsets)
            sorted.Add(offset.Value);
        return _removal.Remove(sorted);
    }

    public void TruncateTo(Offset endOffset)
    {
        if (endOffset.Value < _head.State.End)
            _removal.CutFrom(endOffset.Value);
    }

    public long ApplyRetention(long nowMs)
    {
        var before = _head.State.RecordCount;
        var isDue = _due.IsDue(nowMs);
        if (isDue)
        {
            _removal.RemoveExpired(nowMs);
            if (_options.Retention.MaxAgeMs > 0)
                _removal.RemoveOlderThan(nowMs - _options.Retention.MaxAgeMs);
        }
        _removal.DropToLimits(_options.Retention);
        if (isDue)
            _due.Settle();
        return before - _head.State.RecordCount;
    }

    public void Configure(LogOptions options)
    {
        _options = options;
        if (_due.MaxAgeMs == options.Retention.MaxAgeMs)
            return;
        _due.MaxAgeMs = options.Retention.MaxAgeMs;
        _due.Settle();
    }

    public LogManifest GetManifest()
    {
        var state = _head.State;
        return new LogManifest(Id, new Offset(state.Start), new Offset(state.End), state.SizeBytes, state.AppliedIndex, state.LastEpoch);
    }

    public void SaveSnapshot(ReadOnlySpan<byte> snapshot)
    {
        using var changes = new WriteBatch();
        var key = RocksDbKeys.Of(Id, RocksDbKeys.SnapshotKind);
        changes.Put(key, new Metadata.MetadataWriter(1).Int64(_head.State.End).Bytes(snapshot).Seal(key));
        _store.Write(changes);
    }

    public LogSnapshot? LoadSnapshot()
    {
        if (_head.State.End == 0)
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
        _head.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A log that was opened is there after a restart, even with nothing in it.</summary>
    internal void WriteState()
    {
        using var changes = new WriteBatch();
        _head.Commit(changes, _head.State);
    }

    /// <summary>The append itself has succeeded, and nobody may be told otherwise: what the database refuses to remove stays until the next try, and is reported there.</summary>
    private void DropForNew(ReadOnlySpan<byte> batch)
    {
        try
        {
            _removal.DropDisplaced(batch, _options.Retention.MaxRecordsPerKey);
            _removal.DropToLimits(_options.Retention);
        }
        catch (StorageException)
        {
            // Known to the store, and with it to the node's health.
        }
    }

    private RocksDbLogState After(ReadOnlySpan<byte> batch, Epoch epoch, long index, long expiresAtMs)
    {
        var state = _head.State;
        var header = new RecordBatchHeader(batch);
        var isEmpty = state.RecordCount == 0;
        var dueMs = isEmpty ? Math.Min(expiresAtMs, _due.AgesOutMs(header)) : expiresAtMs;
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
}
