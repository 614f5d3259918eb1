using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Logs.Transactions;

/// <summary>What may be appended to a log with regard to its producers and their transactions, and what an append makes of them. Used by the log's writer only.</summary>
internal sealed class TransactionRules(ProducerTable producers, LogTransactions transactions, int openMax)
{
    /// <summary>False: the engine keeps no transactions.</summary>
    public bool AreKept { get; init; }

    /// <summary>Judges a batch by its producer.</summary>
    /// <param name="duplicateOf">For a repeat: where the first copy begins; <see cref="Offset.None"/> where that is too long ago to be remembered.</param>
    public ErrorCode Check(RecordBatchHeader header, ReadOnlySpan<byte> batch, out bool isDuplicate, out Offset duplicateOf)
    {
        if (!header.IsControl)
            return producers.Check(header, out isDuplicate, out duplicateOf);
        (isDuplicate, duplicateOf) = (false, Offset.None);
        return TransactionMarker.TryRead(batch, out var marker) ? producers.Check(header, marker) : ErrorCode.CorruptBatch;
    }

    /// <summary>Judges a batch that is no repeat by its producer's transaction.</summary>
    /// <param name="markerOffset">Changed where the batch does not fit: the producer's last control batch.</param>
    public ErrorCode CheckTransaction(RecordBatchHeader header, AppendConditions? conditions, Topic topic, ref Offset markerOffset)
    {
        if (!header.IsTransactional)
            return header.ProducerId >= 0 && transactions.IsOpen(header.ProducerId) ? Mismatch(header, ref markerOffset) : ErrorCode.None;
        if (!AreKept)
            return ErrorCode.Unsupported;
        if (header.IsControl)
            return ErrorCode.None;
        // What goes by acknowledgements would have to be told of records that are never delivered.
        if (topic.Spec.Retention.Policy != RetentionPolicy.Limits)
            return ErrorCode.Unsupported;
        if (transactions.IsOpen(header.ProducerId))
            return ErrorCode.None;
        if (conditions?.BeginsTransactionAfter is not { } after || after != producers.LastMarker(header.ProducerId))
            return Mismatch(header, ref markerOffset);
        return transactions.OpenCount < openMax ? ErrorCode.None : ErrorCode.LimitExceeded;
    }

    /// <summary>A batch that was judged is about to be appended.</summary>
    public void Begin(RecordBatchHeader header, Offset at, out bool began)
    {
        began = header.IsTransactional && !header.IsControl && !transactions.IsOpen(header.ProducerId);
        if (began)
            transactions.Begin(header.ProducerId, at);
    }

    /// <summary>Remembers what was appended.</summary>
    /// <returns>Where the transaction began that it ends; null where it ends none.</returns>
    public Offset? Add(RecordBatchHeader header, ReadOnlySpan<byte> batch, Offset at, long nowMs)
    {
        if (!header.IsControl)
        {
            producers.Add(header, at, nowMs);
            return null;
        }
        TransactionMarker.TryRead(batch, out var marker);
        producers.Add(header, marker, at, nowMs);
        return transactions.End(header.ProducerId, marker.IsCommit, at) is var first && first != Offset.None ? first : null;
    }

    private ErrorCode Mismatch(RecordBatchHeader header, ref Offset markerOffset)
    {
        markerOffset = producers.LastMarker(header.ProducerId);
        return ErrorCode.TransactionMismatch;
    }
}
