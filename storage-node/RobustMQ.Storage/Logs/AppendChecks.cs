using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs.Transactions;

namespace RobustMQ.Storage.Logs;

/// <summary>What a log asks before it takes a batch: whether it is a repeat, belongs to a transaction that may go on, and finds the log as its sender saw it. Used under the writer's lock only.</summary>
internal sealed class AppendChecks(ILog log, TransactionRules rules, MessageIdWindow messageIds)
{
    /// <param name="refusal">What the append answers where it may not be made, a repeat's among them.</param>
    public bool MayAppend(Topic topic, RecordBatchHeader header, ReadOnlySpan<byte> batch, AppendConditions? conditions, long nowMs, out AppendResult refusal)
    {
        var error = rules.Check(header, batch, out var isDuplicate, out var duplicateOf);
        if (error == ErrorCode.None && !isDuplicate)
            error = rules.CheckTransaction(header, conditions, topic, ref duplicateOf);
        if (error == ErrorCode.None && !isDuplicate && conditions is not null)
            error = Check(topic, conditions, batch, nowMs, out isDuplicate, out duplicateOf);
        refusal = new AppendResult
        {
            Error = error,
            IsDuplicate = isDuplicate,
            BaseOffset = duplicateOf,
            LogStartOffset = log.StartOffset,
            LeaderEpoch = Epoch.None,
        };
        return error == ErrorCode.None && !isDuplicate;
    }

    /// <summary>A message id was taken: whoever brings it again within the window brings a repeat.</summary>
    public void Remember(Topic topic, AppendConditions? conditions, Offset baseOffset, long nowMs)
    {
        if (conditions?.MessageId is { Length: > 0 } id && topic.Spec.DedupWindowMs > 0)
            messageIds.Add(id, baseOffset, nowMs);
    }

    private ErrorCode Check(Topic topic, AppendConditions conditions, ReadOnlySpan<byte> batch, long nowMs, out bool isDuplicate, out Offset duplicateOf)
    {
        isDuplicate = false;
        duplicateOf = Offset.None;
        if (conditions.MessageId is { Length: > 0 } id && topic.Spec.DedupWindowMs > 0)
        {
            messageIds.Forget(topic.Spec.DedupWindowMs, nowMs);
            isDuplicate = messageIds.TryFind(id, out var first);
            if (isDuplicate)
            {
                duplicateOf = first;
                return ErrorCode.None;
            }
        }
        if (conditions.ExpectedLastOffset is { } last && last != log.EndOffset + -1)
            return ErrorCode.OffsetMismatch;
        return conditions.ExpectedLastOffsetForKey is { } ofKey ? CheckLastOfKey(batch, ofKey) : ErrorCode.None;
    }

    private ErrorCode CheckLastOfKey(ReadOnlySpan<byte> batch, Offset expected)
    {
        using var records = new OpenedBatch();
        if (!records.TryOpen(batch))
            return ErrorCode.CorruptBatch;
        var reader = records.Read(batch);
        if (!reader.MoveNext() || !reader.Current.HasKey)
            return ErrorCode.InvalidArgument;
        return log.FindLastOfKey(reader.Current.Key) == expected ? ErrorCode.None : ErrorCode.OffsetMismatch;
    }
}
