using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>The batches of a log, one after the other. Any thread; an iterator is for one caller.</summary>
internal sealed class RocksDbBatches(RocksDbStore store, LogId id)
{
    private readonly byte[] _prefix = RocksDbKeys.Of(id, RocksDbKeys.BatchKind);
    private long _firstBase;

    /// <summary>No batch begins before. Seeking further back would walk over everything that retention has removed.</summary>
    public long FirstBase
    {
        get => Interlocked.Read(ref _firstBase);
        set => Interlocked.Exchange(ref _firstBase, value);
    }

    /// <summary>Stands on the batch that holds an offset, where there is one; else on the first behind it, or on one that ends before.</summary>
    public StoreIterator IterateFrom(long offset)
    {
        var iterator = store.Iterate(id);
        try
        {
            var first = FirstBase;
            if (offset > first)
                iterator.SeekForPrev(RocksDbKeys.Batch(id, offset));
            if (offset <= first || !IsBatch(iterator))
                iterator.Seek(RocksDbKeys.Batch(id, first));
            return iterator;
        }
        catch
        {
            iterator.Dispose();
            throw;
        }
    }

    public bool IsBatch(StoreIterator iterator) => store.IsValid(iterator) && RocksDbKeys.IsNumbered(iterator.GetKeySpan(), _prefix);

    /// <summary>The batch that an iterator stands on, valid until it moves.</summary>
    /// <exception cref="StorageException">The batch is damaged.</exception>
    public ReadOnlySpan<byte> Check(StoreIterator iterator) => Check(iterator.GetValueSpan(), RocksDbKeys.LastNumber(iterator.GetKeySpan()));

    /// <summary>Copies the batch that begins at an offset, which most do that are read for one record.</summary>
    /// <returns>Offsets that it spans and its bytes; none where another begins before that offset and holds it, or it is gone.</returns>
    /// <exception cref="StorageException">The batch is damaged.</exception>
    public (int Offsets, int Bytes) Copy(long baseOffset, IBufferWriter<byte> destination)
    {
        using var found = store.Find(RocksDbKeys.Batch(id, baseOffset));
        if (!found.IsThere)
            return default;
        var batch = Check(found.Bytes, baseOffset);
        destination.Write(batch);
        return (new RecordBatchHeader(batch).LastOffsetDelta + 1, batch.Length);
    }

    /// <summary>The first record in [from, until) with a time or a later one.</summary>
    public (Offset Offset, long TimestampMs) FindTime(long from, long until, long timeMs)
    {
        using var opened = new OpenedBatch();
        using var iterator = IterateFrom(from);
        for (; IsBatch(iterator); iterator.Next())
        {
            var header = new RecordBatchHeader(iterator.GetValueSpan());
            if (header.BaseOffset.Value >= until)
                break;
            if (header.MaxTimestampMs < timeMs)
                continue;
            var batch = Check(iterator);
            if (!opened.TryOpen(batch))
                continue;
            var reader = opened.Read(batch);
            while (reader.MoveNext())
            {
                if (reader.Current.TimestampMs >= timeMs)
                    return (reader.Current.Offset, reader.Current.TimestampMs);
            }
        }
        return (Offset.None, -1);
    }

    /// <summary>Where the first batch begins that has a record at or after a time; -1: all are older.</summary>
    public long FindYoungerThan(long from, long oldestMs)
    {
        using var iterator = IterateFrom(from);
        for (; IsBatch(iterator); iterator.Next())
        {
            var header = new RecordBatchHeader(iterator.GetValueSpan());
            if (header.MaxTimestampMs >= oldestMs)
                return header.BaseOffset.Value;
        }
        return -1;
    }

    private ReadOnlySpan<byte> Check(ReadOnlySpan<byte> batch, long baseOffset) =>
        new RecordBatchHeader(batch).Crc == Crc32C.Compute(batch[RecordBatchHeader.CrcCoveredFrom..]) ? batch
            : throw store.Damaged($"log {id} cannot be read at offset {baseOffset}: wrong checksum");
}
