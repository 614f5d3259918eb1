using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Logs.Delays;

/// <summary>Tells which records of a batch wait, and for when. Pure.</summary>
internal static class DelaySplit
{
    /// <summary>Whether a record of the batch is not to be delivered yet.</summary>
    public static bool HasDelayed(ReadOnlySpan<byte> batch, long nowMs)
    {
        if (!StorageHeaders.MayCarry(batch, RecordHeaderNames.DelayUntil))
            return false;
        var reader = new RecordReader(batch);
        while (reader.MoveNext())
        {
            if (StorageHeaders.DelayUntilMsOf(reader.Current) > nowMs)
                return true;
        }
        return false;
    }

    /// <summary>A batch's records by the moment when they are due, in their order; what does not wait is due now.</summary>
    public static List<DelayedBatch> Split(ReadOnlySpan<byte> batch, long nowMs)
    {
        var moments = new SortedDictionary<long, RecordBatchBuilder>();
        var copy = new RecordCopy();
        var reader = new RecordReader(batch);
        while (reader.MoveNext())
        {
            var dueMs = Math.Max(StorageHeaders.DelayUntilMsOf(reader.Current), nowMs);
            if (!moments.TryGetValue(dueMs, out var builder))
                moments.Add(dueMs, builder = new RecordBatchBuilder());
            copy.Add(reader.Current, builder);
        }
        var batches = new List<DelayedBatch>(moments.Count);
        foreach (var (dueMs, builder) in moments)
        {
            batches.Add(new DelayedBatch(dueMs, builder.Build().ToArray()));
            builder.Dispose();
        }
        return batches;
    }
}
