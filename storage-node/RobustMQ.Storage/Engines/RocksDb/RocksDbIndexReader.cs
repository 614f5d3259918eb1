using RobustMQ.Records;
using RobustMQ.Storage.Engines.Keys;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Answers from a log's indexes. Any thread.</summary>
internal sealed class RocksDbIndexReader(RocksDbStore store, LogId log) : IIndexedLog
{
    /// <summary>Keys of one prefix that are merged; past this walking over the log is cheaper than two seeks a key.</summary>
    private const int PrefixKeysMax = 128;

    /// <summary>Behind every offset of a key, before every longer key: offsets are not negative.</summary>
    private const long BehindOffsets = long.MinValue;

    public int FindLaneBelow(int lane)
    {
        if (lane <= 1)
            return 0;
        using var iterator = store.Iterate(log);
        iterator.Seek(RocksDbKeys.Lane(log, lane - 1, 0));
        return store.IsValid(iterator) && iterator.GetKeySpan() is var key && key[RocksDbKeys.LogBytes] == RocksDbKeys.LaneKind
            ? byte.MaxValue - key[RocksDbKeys.LogBytes + 1]
            : 0;
    }

    public void FindInLane(byte lane, Offset from, Offset until, int countMax, List<long> found)
    {
        var first = RocksDbKeys.Lane(log, lane, Math.Max(from.Value, 0));
        var prefix = first.AsSpan(0, RocksDbKeys.LogBytes + 2);
        using var iterator = store.Iterate(log);
        for (iterator.Seek(first); found.Count < countMax && store.IsValid(iterator) && RocksDbKeys.IsNumbered(iterator.GetKeySpan(), prefix); iterator.Next())
        {
            var offset = RocksDbKeys.LastNumber(iterator.GetKeySpan());
            if (offset >= until.Value)
                return;
            found.Add(offset);
        }
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key, Offset until)
    {
        if (until <= Offset.Zero)
            return Offset.None;
        var entry = RocksDbKeys.Key(log, key, until.Value - 1);
        var prefix = entry.AsSpan(0, entry.Length - sizeof(long));
        using var iterator = store.Iterate(log);
        for (iterator.SeekForPrev(entry); store.IsValid(iterator) && RocksDbKeys.IsNumbered(iterator.GetKeySpan(), prefix); iterator.Prev())
        {
            if (LastOf(iterator, until.Value) is var last && last >= 0)
                return new Offset(last);
        }
        return Offset.None;
    }

    public bool TryFindByKey(ReadOnlySpan<byte> key, bool isPrefix, Offset from, Offset until, int countMax, List<long> found)
    {
        using var iterator = store.Iterate(log);
        if (isPrefix)
            return TryFindByPrefix(iterator, RocksDbKeys.KeysFrom(log, key), from.Value, until.Value, countMax, found);
        Find(iterator, RocksDbKeys.Key(log, key, from.Value), from.Value, until.Value, countMax, found);
        return true;
    }

    /// <summary>The offsets of a key, ascending, all of them.</summary>
    public void FindAll(ReadOnlySpan<byte> key, List<long> found)
    {
        using var iterator = store.Iterate(log);
        Find(iterator, RocksDbKeys.Key(log, key, 0), 0, long.MaxValue, int.MaxValue, found);
    }

    private bool TryFindByPrefix(StoreIterator iterator, byte[] prefix, long from, long until, int countMax, List<long> found)
    {
        var before = found.Count;
        var keys = 0;
        iterator.Seek(prefix);
        while (store.IsValid(iterator) && iterator.GetKeySpan().StartsWith(prefix))
        {
            if (++keys > PrefixKeysMax)
            {
                found.RemoveRange(before, found.Count - before);
                return false;
            }
            var entry = iterator.GetKeySpan().ToArray();
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(entry.Length - sizeof(long)), from);
            Find(iterator, entry, from, until, countMax, found);
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(entry.Length - sizeof(long)), BehindOffsets);
            iterator.Seek(entry);
        }
        found.Sort(before, found.Count - before, null);
        if (found.Count - before > countMax)
            found.RemoveRange(before + countMax, found.Count - before - countMax);
        return true;
    }

    /// <param name="entry">The key's index entry for the offset to begin at.</param>
    private void Find(StoreIterator iterator, byte[] entry, long from, long until, int countMax, List<long> found)
    {
        var prefix = entry.AsSpan(0, entry.Length - sizeof(long));
        var added = 0;
        // The batch that holds the offset begins at or before it.
        iterator.SeekForPrev(entry);
        if (!store.IsValid(iterator) || !RocksDbKeys.IsNumbered(iterator.GetKeySpan(), prefix))
            iterator.Seek(entry);
        for (; store.IsValid(iterator) && RocksDbKeys.IsNumbered(iterator.GetKeySpan(), prefix); iterator.Next())
        {
            var offset = RocksDbKeys.LastNumber(iterator.GetKeySpan());
            var deltas = iterator.GetValueSpan();
            while (OffsetDeltas.TryRead(ref deltas, ref offset))
            {
                if (offset >= until || added == countMax)
                    return;
                if (offset < from)
                    continue;
                found.Add(offset);
                added++;
            }
        }
    }

    /// <summary>Last offset of an entry before another; -1 where all of them lie behind it, which is so where that one lies within a batch.</summary>
    private static long LastOf(StoreIterator iterator, long until)
    {
        var last = -1L;
        var offset = RocksDbKeys.LastNumber(iterator.GetKeySpan());
        var deltas = iterator.GetValueSpan();
        while (OffsetDeltas.TryRead(ref deltas, ref offset) && offset < until)
            last = offset;
        return last;
    }
}
