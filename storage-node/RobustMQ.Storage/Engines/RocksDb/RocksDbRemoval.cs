using System.Runtime.InteropServices;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines.Tails;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Takes records out of a log: out of their batches, together with their index entries. A removal of many is several writes; after each of them the log is whole. Used by the log's writer.
/// </summary>
internal sealed class RocksDbRemoval(
    RocksDbStore store, LogId id, RocksDbLogHead head, RocksDbBatches batches, RocksDbDueTime due, RocksDbIndexReader index, LogTail tail)
{
    /// <summary>Batches that one write of a removal takes in, so that none takes much memory.</summary>
    private const int BatchesMax = 256;

    /// <returns>Records that are gone.</returns>
    public long Remove(long from, long to)
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
    /// <returns>Records that are gone.</returns>
    public long Remove(List<long> offsets)
    {
        offsets.Sort();
        var removed = 0L;
        var set = new OffsetSet(offsets);
        for (var i = 0; i < offsets.Count;)
        {
            if (offsets[i] < head.State.Start || offsets[i] >= head.State.End)
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

    /// <summary>Removes what has expired, as much as one step takes.</summary>
    public void RemoveExpired(long nowMs)
    {
        var expired = new List<long>();
        var stale = new List<byte[]>();
        due.FindExpired(nowMs, expired, stale);
        if (expired.Count == 0)
            return;
        Remove(expired);
        // Nothing is left of them unless a batch could not be opened; then it must not be looked at for ever.
        using var changes = new WriteBatch();
        foreach (var key in stale)
            changes.Delete(key);
        store.Write(changes);
    }

    public void RemoveOlderThan(long oldestMs)
    {
        var state = head.State;
        var to = batches.FindYoungerThan(state.Start, oldestMs);
        Remove(state.Start, to < 0 ? state.End : to);
    }

    /// <summary>Removes the oldest records where the log has more of them, or more bytes, than it keeps.</summary>
    public void DropToLimits(Retention retention)
    {
        var state = head.State;
        var bytes = retention.MaxBytes > 0 ? state.SizeBytes - retention.MaxBytes : 0;
        var records = retention.MaxRecords > 0 ? state.RecordCount - retention.MaxRecords : 0;
        if (bytes <= 0 && records <= 0)
            return;
        var to = state.Start;
        using (var iterator = batches.IterateFrom(state.Start))
        {
            for (; (bytes > 0 || records > 0) && batches.IsBatch(iterator); iterator.Next())
            {
                var batch = iterator.GetValueSpan();
                var header = new RecordBatchHeader(batch);
                if (bytes <= 0 && header.RecordCount > records)
                {
                    to = RecordOffsets.At(batches.Check(iterator), records, orElse: header.LastOffset.Value + 1);
                    break;
                }
                bytes -= batch.Length;
                records -= header.RecordCount;
                to = header.LastOffset.Value + 1;
            }
        }
        Remove(state.Start, to);
    }

    /// <summary>Removes the oldest records of the keys in a batch that have more than the log keeps of each.</summary>
    /// <param name="perKeyMax">0: it keeps all.</param>
    public void DropDisplaced(ReadOnlySpan<byte> batch, long perKeyMax)
    {
        if (perKeyMax <= 0 || !head.Writer.Opened.TryOpen(batch))
            return;
        var displaced = new List<long>();
        var ofKey = new List<long>();
        var last = ReadOnlySpan<byte>.Empty;
        var reader = head.Writer.Opened.Read(batch);
        for (var isFirst = true; reader.MoveNext(); isFirst = false)
        {
            if (!reader.Current.HasKey || (!isFirst && reader.Current.Key.SequenceEqual(last)))
                continue;
            last = reader.Current.Key;
            ofKey.Clear();
            index.FindAll(last, ofKey);
            for (var i = 0; i < ofKey.Count - perKeyMax; i++)
                displaced.Add(ofKey[i]);
        }
        if (displaced.Count > 0)
            Remove(displaced);
    }

    /// <summary>Removes the end of the log, and the snapshot that spoke of it, in one write.</summary>
    public void CutFrom(long end)
    {
        using var changes = new WriteBatch();
        var removal = new OffsetRange(end, long.MaxValue);
        long records = 0, bytes = 0;
        using (var iterator = batches.IterateFrom(end))
        {
            for (; batches.IsBatch(iterator); iterator.Next())
            {
                if (new RecordBatchHeader(iterator.GetValueSpan()).LastOffset.Value >= end)
                    Rewrite(iterator, removal, changes, cutTo: end, ref records, ref bytes);
            }
        }
        changes.Delete(RocksDbKeys.Of(id, RocksDbKeys.SnapshotKind));
        var state = head.State;
        head.Commit(changes, state with { End = end, Start = Math.Min(state.Start, end), RecordCount = state.RecordCount - records, SizeBytes = state.SizeBytes - bytes });
        tail.Forget();
        batches.FirstBase = Math.Min(batches.FirstBase, end);
        SettleStart();
    }

    /// <summary>Looks where the log begins now that records may be gone, and keeps its due time no later than the oldest batch's age asks for.</summary>
    public void SettleStart()
    {
        var state = head.State;
        using var iterator = batches.IterateFrom(Math.Max(state.Start, batches.FirstBase));
        if (!batches.IsBatch(iterator))
        {
            batches.FirstBase = state.End;
            head.SetStart(state.End);
            return;
        }
        var batch = batches.Check(iterator);
        var header = new RecordBatchHeader(batch);
        batches.FirstBase = header.BaseOffset.Value;
        head.SetStart(RecordOffsets.At(batch, 0, orElse: Math.Max(state.Start, header.BaseOffset.Value)));
        if (head.HasWriter)
            due.BringForward(header);
    }

    /// <summary>Removes records of the batches that hold some offsets, in one write. A batch that is looked at loses all that the removal has.</summary>
    /// <param name="next">Behind the last batch that was looked at.</param>
    private long RemoveSome<T>(long from, long to, T removal, out long next) where T : struct, IRemoval
    {
        next = to;
        long records = 0, bytes = 0;
        var changes = store.Rent();
        try
        {
            using (var iterator = batches.IterateFrom(from))
            {
                for (var count = 0; batches.IsBatch(iterator); iterator.Next())
                {
                    var header = new RecordBatchHeader(iterator.GetValueSpan());
                    if (header.BaseOffset.Value >= to)
                        break;
                    if (header.LastOffset.Value < from)
                        continue;
                    next = header.LastOffset.Value + 1;
                    Rewrite(iterator, removal, changes, cutTo: -1, ref records, ref bytes);
                    if (++count == BatchesMax)
                        break;
                    next = Math.Max(next, to);
                }
            }
            if (records > 0)
            {
                var state = head.State;
                head.Commit(changes, state with { RecordCount = state.RecordCount - records, SizeBytes = state.SizeBytes - bytes });
                tail.Forget(next);
            }
        }
        finally
        {
            store.Return(changes);
        }
        return records;
    }

    /// <summary>Takes records out of the batch that an iterator stands on.</summary>
    /// <param name="cutTo">The batch ends here from now on; -1: where it ended.</param>
    private void Rewrite<T>(StoreIterator iterator, T removal, WriteBatch changes, long cutTo, ref long records, ref long bytes) where T : struct, IRemoval
    {
        var batch = batches.Check(iterator);
        var writer = head.Writer;
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
}
