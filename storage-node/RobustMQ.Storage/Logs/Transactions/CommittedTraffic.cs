using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Live;

namespace RobustMQ.Storage.Logs.Transactions;

/// <summary>Live copies of what a transaction wrote: subscribers get them when it is committed, read from the log, in the order in which they were written.</summary>
internal static class CommittedTraffic
{
    private const int PieceBytes = 1 << 20;

    /// <param name="since">Where the transaction began in this log.</param>
    /// <param name="marker">Where it was committed.</param>
    public static async ValueTask PublishAsync(LogPartition partition, LiveHub live, long producerId, Offset since, Offset marker, Epoch epoch)
    {
        if (!live.HasInterest(partition.Name.Namespace))
            return;
        using var piece = new PooledBytes();
        for (var from = since; from < marker;)
        {
            piece.Clear();
            var next = await ReadAsync(partition, from, marker, piece).ConfigureAwait(false);
            if (next <= from)
                return;
            Publish(partition, live, producerId, since, piece, epoch);
            from = next;
        }
    }

    /// <returns>Where to read on; what cannot be read is reported by the engine, and live traffic is at most once.</returns>
    private static async ValueTask<Offset> ReadAsync(LogPartition partition, Offset from, Offset until, PooledBytes piece)
    {
        try
        {
            var read = await partition.Log.ReadAsync(new LogRead { From = from, Until = until, MaxBytes = PieceBytes }, piece).ConfigureAwait(false);
            return read.Error == ErrorCode.None && read.Bytes > 0 ? read.Next : from;
        }
        catch (StorageException)
        {
            return from;
        }
    }

    private static void Publish(LogPartition partition, LiveHub live, long producerId, Offset since, PooledBytes piece, Epoch epoch)
    {
        var at = 0;
        var walker = new BatchWalker(piece.Span);
        while (walker.MoveNext())
        {
            var header = new RecordBatchHeader(walker.Current);
            if (header.IsTransactional && !header.IsControl && header.ProducerId == producerId && header.BaseOffset >= since)
                live.Publish(partition.Name, partition.TopicSubject, piece.Memory.Slice(at, walker.Current.Length), header.BaseOffset, epoch, default);
            at += walker.Current.Length;
        }
    }
}
