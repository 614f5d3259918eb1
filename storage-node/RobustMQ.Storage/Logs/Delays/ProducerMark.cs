using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Logs.Delays;

/// <summary>The last batch of an idempotent producer that was delayed: the log does not hold it yet, and so cannot tell a repeat of it after a restart.</summary>
internal readonly record struct ProducerMark(long ProducerId, short Epoch, int FirstSequence, int LastSequence, long SeenMs)
{
    /// <summary>Null for a batch of no producer.</summary>
    public static ProducerMark? Of(RecordBatchHeader header, long nowMs) =>
        header.ProducerId < 0
            ? null
            : new ProducerMark(header.ProducerId, header.ProducerEpoch, header.BaseSequence, ProducerTable.LastSequence(header), nowMs);
}
