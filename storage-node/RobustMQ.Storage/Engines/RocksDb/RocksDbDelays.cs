using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Metadata;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Records that wait for their time, of logs of every engine, beside the log's own entries where it has any. Each call is one write: after a crash all of it is there or nothing. Changes come
/// from one thread, questions from any.
/// </summary>
internal sealed class RocksDbDelays
{
    /// <summary>Of the batches that come into logs by this way: a log knows by it what it has already. No other producer is ever given this number.</summary>
    public const long ProducerId = long.MaxValue;

    /// <summary>Batches that one claim takes, and their bytes: what is due beyond waits for the next.</summary>
    private const int ClaimMax = 256;
    private const int ClaimBytesMax = 4 << 20;

    /// <summary>Producers that were silent this long are forgotten, as the logs forget theirs, some at a time.</summary>
    private const long MarkExpiryMs = 24L * 60 * 60 * 1000;
    private const int ForgetMax = 64;

    private const byte MarkVersion = 1;

    private readonly RocksDbStore _store;
    private long _records;
    private long _bytes;
    private long _dropped;

    /// <exception cref="StorageException">What is stored is damaged.</exception>
    public RocksDbDelays(RocksDbStore store)
    {
        _store = store;
        foreach (var (_, log) in Due(long.MaxValue))
        {
            var state = Load(log);
            _records += state.Records;
            _bytes += state.Bytes;
        }
    }

    /// <summary>Records that wait.</summary>
    public long Records => Interlocked.Read(ref _records);

    /// <summary>Bytes of their batches.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Records whose log was gone before their time came, since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>When something is due next, Unix ms; <see cref="long.MaxValue"/>: nothing waits.</summary>
    public long NextDueMs
    {
        get
        {
            foreach (var (dueMs, _) in Due(long.MaxValue))
                return dueMs;
            return long.MaxValue;
        }
    }

    /// <summary>Adds logs of which something is due, the longest overdue first.</summary>
    public void FindDue(long nowMs, int countMax, List<LogId> logs)
    {
        foreach (var (_, log) in Due(nowMs))
        {
            if (logs.Count == countMax)
                return;
            logs.Add(log);
        }
    }

    public void Add(LogId log, List<DelayedBatch> batches, ProducerMark? mark)
    {
        var state = Load(log);
        var before = state;
        using var changes = new WriteBatch();
        foreach (var (dueMs, batch) in batches)
        {
            changes.Put(RocksDbKeys.Numbered(log, RocksDbKeys.DelayedKind, dueMs, state.NextEntry), batch);
            state = state with
            {
                DueMs = state.DueMs == 0 ? dueMs : Math.Min(state.DueMs, dueMs),
                NextEntry = state.NextEntry + 1,
                Records = state.Records + new RecordBatchHeader(batch).RecordCount,
                Bytes = state.Bytes + batch.Length,
            };
        }
        if (mark is { } last)
        {
            var key = RocksDbKeys.Numbered(log, RocksDbKeys.ProducerKind, last.ProducerId);
            changes.Put(key, new MetadataWriter(MarkVersion).Int16(last.Epoch).Int32(last.FirstSequence).Int32(last.LastSequence).Int64(last.SeenMs).Seal(key));
        }
        Commit(log, changes, before, state);
    }

    /// <summary>What is remembered of a producer whose batches were delayed.</summary>
    public ProducerMark? FindProducer(LogId log, long producerId)
    {
        var key = RocksDbKeys.Numbered(log, RocksDbKeys.ProducerKind, producerId);
        return _store.Get(key) is { } value ? ParseMark(key, value) : null;
    }

    /// <summary>What is remembered of all producers whose batches for a log were delayed.</summary>
    public List<ProducerMark> FindProducers(LogId log)
    {
        var marks = new List<ProducerMark>();
        // Almost no log has any, and this question is answered by a filter.
        if (_store.Get(RocksDbKeys.Of(log, RocksDbKeys.DelayStateKind)) is null)
            return marks;
        using var iterator = _store.Iterate(log);
        for (iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.ProducerKind)); IsOf(iterator, RocksDbKeys.ProducerKind); iterator.Next())
            marks.Add(ParseMark(iterator.Key(), iterator.Value()));
        return marks;
    }

    /// <summary>Claims what is due, unless something is claimed already.</summary>
    public void Claim(LogId log, long nowMs)
    {
        if (HasClaims(log))
            return;
        var state = Load(log);
        var before = state;
        using var changes = new WriteBatch();
        using var iterator = _store.Iterate(log);
        iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.DelayedKind));
        var bytes = 0;
        for (var count = 0; count < ClaimMax && bytes < ClaimBytesMax && IsOf(iterator, RocksDbKeys.DelayedKind); count++, iterator.Next())
        {
            var key = iterator.Key();
            if (RocksDbKeys.LastNumber(key.AsSpan(..^sizeof(long))) > nowMs)
                break;
            var batch = Check(log, iterator);
            RecordBatchHeader.Assign(batch, new ProducerState(ProducerId, 0, (int)(state.NextSequence & int.MaxValue)));
            changes.Put(RocksDbKeys.Numbered(log, RocksDbKeys.ClaimedKind, state.NextSequence), batch);
            changes.Delete(key);
            state = state with { NextSequence = state.NextSequence + new RecordBatchHeader(batch).RecordCount };
            bytes += batch.Length;
        }
        // It stays due until all that was claimed is settled.
        Commit(log, changes, before, state);
    }

    /// <summary>What is claimed, in the order in which it goes into the log.</summary>
    public List<byte[]> ReadClaims(LogId log)
    {
        var claims = new List<byte[]>();
        using var iterator = _store.Iterate(log);
        for (iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.ClaimedKind)); IsOf(iterator, RocksDbKeys.ClaimedKind); iterator.Next())
            claims.Add(Check(log, iterator));
        return claims;
    }

    /// <summary>Forgets the first batches that were claimed.</summary>
    /// <param name="retryMs">When to look again where more was claimed than that.</param>
    public void Settle(LogId log, int count, long retryMs)
    {
        var state = Load(log);
        var before = state;
        using var changes = new WriteBatch();
        using var iterator = _store.Iterate(log);
        iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.ClaimedKind));
        for (; count > 0 && IsOf(iterator, RocksDbKeys.ClaimedKind); count--, iterator.Next())
        {
            var batch = iterator.GetValueSpan();
            state = state with { Records = state.Records - new RecordBatchHeader(batch).RecordCount, Bytes = state.Bytes - batch.Length };
            changes.Delete(iterator.GetKeySpan());
        }
        var hasMore = IsOf(iterator, RocksDbKeys.ClaimedKind);
        ForgetSilent(log, retryMs - MarkExpiryMs, changes);
        Commit(log, changes, before, state with { DueMs = hasMore ? retryMs : FirstDueMs(log) });
    }

    public void Postpone(LogId log, long untilMs)
    {
        var state = Load(log);
        if (state.DueMs == 0)
            return;
        using var changes = new WriteBatch();
        Commit(log, changes, state, state with { DueMs = untilMs });
    }

    /// <summary>Forgets everything of a log that is gone.</summary>
    public void Drop(LogId log)
    {
        var key = RocksDbKeys.Of(log, RocksDbKeys.DelayStateKind);
        if (_store.Get(key) is not { } value)
            return;
        var state = RocksDbDelayState.Parse(key, value);
        using var changes = new WriteBatch();
        if (state.DueMs != 0)
            changes.Delete(RocksDbKeys.Due(RocksDbKeys.DelayDueKind, state.DueMs, log));
        _store.Delete(log, key, RocksDbKeys.Of(log, RocksDbKeys.ProducerKind + 1), changes);
        _store.Write(changes);
        Interlocked.Add(ref _dropped, state.Records);
        Interlocked.Add(ref _records, -state.Records);
        Interlocked.Add(ref _bytes, -state.Bytes);
    }

    /// <summary>Completes when everything before the call is on the device.</summary>
    public Task SyncAsync(SyncTurn turn) => _store.SyncAsync(turn);

    private IEnumerable<(long DueMs, LogId Log)> Due(long nowMs)
    {
        using var iterator = _store.Iterate(RocksDbKeys.Node);
        for (iterator.Seek(RocksDbKeys.Of(RocksDbKeys.Node, RocksDbKeys.DelayDueKind)); IsOf(iterator, RocksDbKeys.DelayDueKind); iterator.Next())
        {
            var (dueMs, log) = RocksDbKeys.ParseDue(iterator.GetKeySpan());
            if (dueMs > nowMs)
                yield break;
            yield return (dueMs, log);
        }
    }

    private bool IsOf(StoreIterator iterator, byte kind) => _store.IsValid(iterator) && iterator.GetKeySpan()[RocksDbKeys.LogBytes] == kind;

    private bool HasClaims(LogId log)
    {
        using var iterator = _store.Iterate(log);
        iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.ClaimedKind));
        return IsOf(iterator, RocksDbKeys.ClaimedKind);
    }

    private long FirstDueMs(LogId log)
    {
        using var iterator = _store.Iterate(log);
        iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.DelayedKind));
        return IsOf(iterator, RocksDbKeys.DelayedKind) ? RocksDbKeys.LastNumber(iterator.GetKeySpan()[..^sizeof(long)]) : 0;
    }

    /// <summary>The oldest producers have the smallest numbers.</summary>
    private void ForgetSilent(LogId log, long seenBeforeMs, WriteBatch changes)
    {
        using var iterator = _store.Iterate(log);
        iterator.Seek(RocksDbKeys.Of(log, RocksDbKeys.ProducerKind));
        for (var count = 0; count < ForgetMax && IsOf(iterator, RocksDbKeys.ProducerKind); count++, iterator.Next())
        {
            if (ParseMark(iterator.Key(), iterator.Value()).SeenMs >= seenBeforeMs)
                return;
            changes.Delete(iterator.GetKeySpan());
        }
    }

    private byte[] Check(LogId log, StoreIterator iterator)
    {
        var batch = iterator.Value();
        if (new RecordBatchHeader(batch).Crc != Crc32C.Compute(batch.AsSpan(RecordBatchHeader.CrcCoveredFrom)))
            throw _store.Damaged($"a delayed record of log {log} cannot be read: wrong checksum");
        return batch;
    }

    private RocksDbDelayState Load(LogId log)
    {
        var key = RocksDbKeys.Of(log, RocksDbKeys.DelayStateKind);
        return _store.Get(key) is { } value ? RocksDbDelayState.Parse(key, value) : default;
    }

    private void Commit(LogId log, WriteBatch changes, RocksDbDelayState before, RocksDbDelayState after)
    {
        if (before.DueMs != after.DueMs)
        {
            if (before.DueMs != 0)
                changes.Delete(RocksDbKeys.Due(RocksDbKeys.DelayDueKind, before.DueMs, log));
            if (after.DueMs != 0)
                changes.Put(RocksDbKeys.Due(RocksDbKeys.DelayDueKind, after.DueMs, log), RocksDbKeys.NoValue);
        }
        var key = RocksDbKeys.Of(log, RocksDbKeys.DelayStateKind);
        changes.Put(key, after.Format(key));
        _store.Write(changes);
        Interlocked.Add(ref _records, after.Records - before.Records);
        Interlocked.Add(ref _bytes, after.Bytes - before.Bytes);
    }

    private static ProducerMark ParseMark(byte[] key, byte[] value)
    {
        var reader = new MetadataReader("a producer of delayed records", key, value, MarkVersion);
        return new ProducerMark(RocksDbKeys.LastNumber(key), reader.Int16(), reader.Int32(), reader.Int32(), reader.Int64());
    }
}
