using RobustMQ.Records.Batches;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// When something of a log expires or ages out next. The log's state says it, never too late, so that nobody has to look at logs of which nothing is due. Used by the log's writer.
/// </summary>
internal sealed class RocksDbDueTime(RocksDbStore store, LogId id, RocksDbLogHead head, RocksDbBatches batches)
{
    /// <summary>Records that expire in one step: what is left is taken by the next.</summary>
    private const int ExpireMax = 1024;

    /// <summary>What the log keeps; 0: whatever its age.</summary>
    public long MaxAgeMs { get; set; }

    public bool IsDue(long nowMs) => head.State.DueMs is not 0 and var dueMs && dueMs <= nowMs;

    /// <summary>When a batch is older than the log keeps; <see cref="long.MaxValue"/>: never.</summary>
    public long AgesOutMs(RecordBatchHeader header)
    {
        var stampMs = Math.Max(header.MaxTimestampMs, 0);
        return MaxAgeMs <= 0 || stampMs >= long.MaxValue - MaxAgeMs ? long.MaxValue : stampMs + MaxAgeMs + 1;
    }

    /// <summary>No later than a batch's age asks for.</summary>
    public void BringForward(RecordBatchHeader oldest) => Set(RocksDbLogState.Earlier(head.State.DueMs, AgesOutMs(oldest)));

    /// <summary>Looks when something is due next.</summary>
    public void Settle()
    {
        var dueMs = 0L;
        using (var iterator = store.Iterate(id))
        {
            iterator.Seek(RocksDbKeys.Of(id, RocksDbKeys.ExpiryKind));
            if (TryExpiry(iterator, out var expiresAtMs))
                dueMs = RocksDbLogState.Earlier(0, expiresAtMs);
        }
        if (MaxAgeMs > 0)
        {
            using var iterator = batches.IterateFrom(head.State.Start);
            if (batches.IsBatch(iterator))
                dueMs = RocksDbLogState.Earlier(dueMs, AgesOutMs(new RecordBatchHeader(iterator.GetValueSpan())));
        }
        Set(dueMs);
    }

    /// <summary>Adds the offsets of records that have expired, some of them at a time, and the keys that say so.</summary>
    public void FindExpired(long nowMs, List<long> offsets, List<byte[]> keys)
    {
        using var iterator = store.Iterate(id);
        for (iterator.Seek(RocksDbKeys.Of(id, RocksDbKeys.ExpiryKind)); offsets.Count < ExpireMax && TryExpiry(iterator, out var expiresAtMs); iterator.Next())
        {
            if (expiresAtMs > nowMs)
                break;
            offsets.Add(RocksDbKeys.LastNumber(iterator.GetKeySpan()));
            keys.Add(iterator.Key());
        }
    }

    private bool TryExpiry(StoreIterator iterator, out long expiresAtMs)
    {
        expiresAtMs = 0;
        if (!store.IsValid(iterator) || iterator.GetKeySpan()[RocksDbKeys.LogBytes] != RocksDbKeys.ExpiryKind)
            return false;
        expiresAtMs = RocksDbKeys.LastNumber(iterator.GetKeySpan()[..^sizeof(long)]);
        return true;
    }

    private void Set(long dueMs)
    {
        if (dueMs == head.State.DueMs)
            return;
        using var changes = new WriteBatch();
        head.Commit(changes, head.State with { DueMs = dueMs });
    }
}
