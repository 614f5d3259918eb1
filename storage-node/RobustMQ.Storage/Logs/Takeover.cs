using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// Gives a topic that comes into being what the namespace's <c>_live</c> holds for its filters. Most of it is copied while appends go on; the rest, and the step from copying
/// the past to copying each new batch, happens under the writer lock of <c>_live</c>, so that no record is lost, doubled or out of order. Publishers that do not know
/// the topic yet may go on appending to <c>_live</c> for <see cref="StorageOptions.TakeoverWindow"/>.
/// </summary>
internal sealed partial class Takeover(LogTable logs, IReplicationGroup group, StorageOptions options, TimeProvider time, ILogger logger)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Rounds of copying beside the appends; what is left then is at most what was appended during the last one.</summary>
    private const int RoundsMax = 8;

    /// <param name="isNew">Take over the past too.</param>
    public async ValueTask RunAsync(Topic topic, LogPartition[] targets, bool isNew)
    {
        var liveName = new TopicPartition(topic.Namespace, TopicName.Live, 0);
        if (topic.Spec.Filters.Count == 0 || !logs.TryGet(liveName, out var live))
            return;
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var forward = new TakeoverForward(topic, targets, nowMs + (long)options.TakeoverWindow.TotalMilliseconds, Append);
        using var past = new TakeoverForwards();
        past.Add(forward);
        var from = isNew ? live.Log.StartOffset : live.Log.EndOffset;
        for (var round = 0; round < RoundsMax && from < live.Log.EndOffset; round++)
            from = await CopyAsync(live.Log, from, live.Log.EndOffset, past).ConfigureAwait(false);
        live.BeginForward(forward, nowMs, () => CopyRest(live.Log, from, past));
    }

    private static async ValueTask<Offset> CopyAsync(ILog log, Offset from, Offset until, TakeoverForwards forwards)
    {
        using var piece = new PooledBytes();
        while (from < until)
        {
            from = Later(from, log.StartOffset);
            piece.Clear();
            var read = await log.ReadAsync(new LogRead { From = from, Until = until, MaxBytes = PieceBytes }, piece).ConfigureAwait(false);
            if (read.Error == ErrorCode.OffsetOutOfRange && from < log.StartOffset)
                continue;
            if (read.Error != ErrorCode.None || read.Bytes == 0)
                break;
            Take(piece, from, forwards);
            from = read.Next;
        }
        return from;
    }

    private static void CopyRest(ILog log, Offset from, TakeoverForwards forwards)
    {
        // The memory engine answers at once; there is nothing to wait for under the lock.
        var copy = CopyAsync(log, from, log.EndOffset, forwards);
        if (!copy.IsCompleted)
            throw new InvalidOperationException("A log whose reads wait cannot be taken over from.");
        copy.GetAwaiter().GetResult();
    }

    private static void Take(PooledBytes piece, Offset from, TakeoverForwards forwards)
    {
        var walker = new BatchWalker(piece.Span);
        while (walker.MoveNext())
            forwards.Take(walker.Current, from);
    }

    private static Offset Later(Offset left, Offset right) => left > right ? left : right;

    private void Append(LogPartition target, ReadOnlyMemory<byte> batch)
    {
        try
        {
            if (!target.IsPersistent)
                target.AppendTakenOver(batch.Span, group.Epoch);
            else
                _ = ProposeAsync(target, batch.ToArray());
        }
        catch (StorageException error)
        {
            LogNotTaken(target.Name, error.Code);
        }
    }

    private async Task ProposeAsync(LogPartition target, byte[] batch)
    {
        var operation = new AppendToLog(target.Log.Id, batch, target.Topic.Spec.Durability, null, time.GetUtcNow().ToUnixTimeMilliseconds());
        var outcome = await group.ProposeOneAsync(operation).ConfigureAwait(false);
        if (outcome.Error != ErrorCode.None)
            LogNotTaken(target.Name, outcome.Error);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Records for {Log} could not be taken over: {Error}")]
    private partial void LogNotTaken(TopicPartition log, ErrorCode error);
}
