using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;

namespace RobustMQ.Storage.Consumers.Delivery;

/// <summary>One record, read by its offset. Holds pooled buffers until disposed.</summary>
internal sealed class SingleRecord : IDisposable
{
    private readonly PooledBytes _piece = new();
    private readonly OpenedBatch _opened = new();
    private int _batchAt;

    /// <summary>0 where it names none.</summary>
    public byte Priority => Read(static (in Record record) => StorageHeaders.LaneOf(record));

    /// <returns>False where it is not there.</returns>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public async ValueTask<bool> ReadAsync(LogPartition partition, long offset)
    {
        Offset = offset;
        var read = await partition.Settled.ReadAsync(new LogRead { From = new Offset(offset), Until = new Offset(offset + 1), MaxBytes = 1 }, _piece).ConfigureAwait(false);
        return read.Error == ErrorCode.None && Find();
    }

    public long Offset { get; private set; }

    public T Read<T>(RecordFunction<T> read)
    {
        var batch = _piece.Span[_batchAt..];
        var reader = _opened.Read(batch[..(int)new RecordBatchHeader(batch).TotalBytes]);
        while (reader.MoveNext())
        {
            if (reader.Current.Offset.Value == Offset)
                return read(reader.Current);
        }
        throw new InvalidOperationException("the record was found before");
    }

    public void Dispose()
    {
        _piece.Dispose();
        _opened.Dispose();
    }

    private bool Find()
    {
        var walker = new BatchWalker(_piece.Span);
        while (walker.MoveNext())
        {
            if (!_opened.TryOpen(walker.Current))
                continue;
            var reader = _opened.Read(walker.Current);
            while (reader.MoveNext())
            {
                if (reader.Current.Offset.Value != Offset)
                    continue;
                _batchAt = walker.Position;
                return true;
            }
        }
        return false;
    }
}

internal delegate T RecordFunction<out T>(in Record record);
