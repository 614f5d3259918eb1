using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// Gives a topic that comes into being what the namespace's <c>_durable</c> and then its <c>_live</c> hold for its filters. Most of it is copied while appends go on; the rest, and the step from
/// copying the past to copying each new batch, happens in the order of the log's appends, so that no record is lost, doubled or out of order. From <c>_durable</c> by operations of the group: a
/// topic that a crash left half filled is emptied and filled again before anybody finds it. Publishers that do not know the topic yet may go on appending to the two for
/// <see cref="StorageOptions.TakeoverWindow"/>.
/// </summary>
internal sealed partial class Takeover(LogTable logs, IReplicationGroup group, StorageOptions options, TimeProvider time, ILogger logger)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Rounds of copying beside the appends; what is left then is at most what was appended during the last one.</summary>
    private const int RoundsMax = 8;

    private readonly List<Task> _appends = [];

    /// <summary>Whether a new topic may find records in <c>_durable</c> that are its own, now or by the time it comes into being.</summary>
    public bool HasDurable(TopicSpec spec) => FindDurable(spec) is not null;

    /// <summary>
    /// Whether anything of a topic's filters can be in the two logs: subjects below a first token with <c>$</c> or <c>_</c> (inboxes, service calls, mailboxes) are live only and never stored by
    /// what takes the rest.
    /// </summary>
    public static bool IsNeeded(TopicSpec spec)
    {
        foreach (var filter in spec.Filters)
        {
            if (filter.Value[0] is not ('$' or '_'))
                return true;
        }
        return false;
    }

    /// <param name="isNew">Take over the past too.</param>
    public async ValueTask RunAsync(Topic topic, LogPartition[] targets, bool isNew)
    {
        if (FindDurable(topic.Spec) is { } durable)
            await TakeOverDurableAsync(topic, durable, isNew).ConfigureAwait(false);
        else if (isNew)
            await group.ProposeOneAsync(new ForgetTakeover(topic.Id)).ConfigureAwait(false);
        if (!logs.TryGet(new TopicPartition(topic.Namespace, TopicName.Live, 0), out var live))
            return;
        var nowMs = NowMs;
        var forward = new TakeoverForward(topic, targets, nowMs + WindowMs, Append);
        using var past = new TakeoverForwards();
        past.Add(forward);
        var from = isNew ? live.Log.StartOffset : live.Log.EndOffset;
        for (var round = 0; round < RoundsMax && from < live.Log.EndOffset; round++)
            from = await CopyAsync(live.Log, from, live.Log.EndOffset, past).ConfigureAwait(false);
        live.BeginForward(forward, nowMs, () => CopyRest(live.Log, from, past));
        Task[] appends;
        lock (_appends)
        {
            appends = [.. _appends];
            _appends.RemoveAll(append => append.IsCompleted);
        }
        await Task.WhenAll(appends).ConfigureAwait(false);
    }

    /// <summary>Fills a topic that the last start left half filled. Nobody knows it yet.</summary>
    public async ValueTask ResumeAsync(Topic topic)
    {
        await group.ProposeOneAsync(new BeginTakeover(topic)).ConfigureAwait(false);
        if (FindDurable(topic.Spec) is { } durable)
            await TakeOverDurableAsync(topic, durable, isNew: true).ConfigureAwait(false);
        else
            await group.ProposeOneAsync(new ForgetTakeover(topic.Id)).ConfigureAwait(false);
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private long WindowMs => (long)options.TakeoverWindow.TotalMilliseconds;

    private LogPartition? FindDurable(TopicSpec spec) =>
        spec.Name != TopicName.Durable && IsNeeded(spec) && logs.TryGet(new TopicPartition(spec.Namespace, TopicName.Durable, 0), out var durable)
            && logs.IsOpenedOnDemand(durable.Topic)
            ? durable
            : null;

    private async ValueTask TakeOverDurableAsync(Topic topic, LogPartition durable, bool isNew)
    {
        var source = durable.Log.Id;
        var from = isNew ? durable.Log.StartOffset : durable.Log.EndOffset;
        var end = durable.Log.EndOffset;
        while (from < end)
        {
            var piece = await group.ProposeOneAsync(new TakeOverPiece(topic, source, from)).ConfigureAwait(false);
            if (piece.Value is not Offset next || next <= from)
            {
                // What cannot be read stays where it is; what is appended from now on is taken over all the same.
                LogNotTaken(durable.Name, piece.Error);
                from = end;
                break;
            }
            from = next;
        }
        var nowMs = NowMs;
        var ended = await group.ProposeOneAsync(new EndTakeover(topic, source, from, nowMs + WindowMs, nowMs)).ConfigureAwait(false);
        if (ended.Error != ErrorCode.None)
            LogNotTaken(durable.Name, ended.Error);
        // Taken over or not: callers find the topic now, and its records must not go at the next start.
        if (isNew)
            await group.ProposeOneAsync(new ForgetTakeover(topic.Id)).ConfigureAwait(false);
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
                AddAppend(ProposeAsync(target, batch.ToArray()));
        }
        catch (StorageException error)
        {
            LogNotTaken(target.Name, error.Code);
        }
    }

    private void AddAppend(Task append)
    {
        lock (_appends)
        {
            if (_appends.Count > 64)
                _appends.RemoveAll(done => done.IsCompleted);
            _appends.Add(append);
        }
    }

    private async Task ProposeAsync(LogPartition target, byte[] batch)
    {
        var operation = new AppendToLog(target.Log.Id, batch, target.Topic.Spec.Durability, null, time.GetUtcNow().ToUnixTimeMilliseconds());
        var outcome = await group.ProposeOneAsync(operation).ConfigureAwait(false);
        if (outcome.Error != ErrorCode.None)
            LogNotTaken(target.Name, outcome.Error);
        target.Dispatch?.OnCommitted();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Records for {Log} could not be taken over: {Error}")]
    private partial void LogNotTaken(TopicPartition log, ErrorCode error);
}
