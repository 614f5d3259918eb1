using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Leases;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Producers;
using RobustMQ.Storage.Replication;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Nodes;

/// <summary>Everything durable of a node: topics, leases, producer ids and persistent logs, changed by operations only.</summary>
internal sealed partial class NodeState(
    LogTable logs, TopicCatalog catalog, LeaseTable leaseTable, RocksDbDelays? delays, StorageOptions options, ILogger<NodeState> logger) : IStateMachine
{
    /// <summary>Topics that one operation may remove because their time is over: each takes a revision.</summary>
    public const int ExpireTopicsMax = 256;

    private readonly ILogger _logger = logger;
    private readonly Dictionary<LogPartition, Durability> _unflushed = [];
    private readonly DelayState _delays = new(logs, delays, options);
    private readonly List<object> _unpublished = [];

    public TopicState Topics { get; } = new();

    public LeaseState Leases { get; } = new();

    public ProducerState Producers { get; } = new();

    /// <summary>Reads what an earlier start left.</summary>
    /// <returns>Index of the last operation that was applied.</returns>
    /// <exception cref="StorageException">Something is damaged or of a newer version; nothing was changed.</exception>
    public long Load(IMetadataStore store)
    {
        var counters = store.Find(MetadataKeys.Counters) is { } bytes ? CountersRecord.Parse(bytes) : CountersRecord.Zero;
        // Revisions of a round that was lost before it was durable may have been seen, but by nobody who was given them: they are skipped, never given out again.
        Topics.Revision = counters.TopicRevision == 0 ? 0 : counters.TopicRevision + (long)LocalGroup.RoundMax * ExpireTopicsMax;
        Leases.Revision = counters.LeaseRevision == 0 ? 0 : counters.LeaseRevision + LocalGroup.RoundMax;
        Producers.LastId = counters.LastProducerId;
        foreach (var (key, value) in store.Scan(MetadataKeys.Topics))
            Topics.Load(TopicRecord.Parse(key, value));
        foreach (var (key, value) in store.Scan(MetadataKeys.Dropped))
            Topics.Load(DroppedRecord.Parse(key, value));
        foreach (var (key, value) in store.Scan(MetadataKeys.Takeovers))
            Topics.LoadTakeover(TakeoverRecord.Parse(key, value));
        foreach (var (key, value) in store.Scan(MetadataKeys.Leases))
            Leases.Load(LeaseRecord.Parse(key, value));
        foreach (var (key, value) in store.Scan(MetadataKeys.Producers))
        {
            var (id, epoch) = ProducerRecord.Parse(key, value);
            Producers.Load(id, epoch);
        }
        return counters.AppliedIndex;
    }

    public OperationResult Apply(Operation operation, long index, Epoch epoch, MetadataChanges changes)
    {
        var result = operation switch
        {
            AppendToLog append => Apply(append, index, epoch),
            DeleteFromLog delete => Apply(delete),
            RetainLog retain => Apply(retain),
            DelayRecords delay => _delays.Apply(delay, epoch),
            ClaimDelayed claim => _delays.Apply(claim),
            DeliverDelayed deliver => Apply(deliver, index, epoch),
            SettleDelayed settle => _delays.Apply(settle),
            PostponeDelayed postpone => _delays.Apply(postpone),
            DropDelayed drop => _delays.Apply(drop),
            CreateTopic create => Topics.Apply(create, changes),
            UpdateTopic update => Topics.Apply(update, changes),
            DeleteTopic delete => Topics.Apply(delete, changes),
            ExpireTopics expire => Topics.Apply(expire, changes),
            ForgetDropped forget => Topics.Apply(forget, changes),
            BeginTakeover begin => Apply(begin),
            TakeOverPiece piece => Apply(piece, epoch),
            EndTakeover end => Apply(end, epoch),
            ForgetTakeover forget => Topics.Apply(forget, changes),
            AcquireLease acquire => Leases.Apply(acquire, changes),
            UpdateLease update => Leases.Apply(update, changes),
            RemoveLease remove => Leases.Apply(remove, changes),
            AllocateProducer allocate => Producers.Apply(allocate, changes),
            _ => throw new InvalidOperationException($"{operation.GetType().Name} is not an operation of this state"),
        };
        ToPublish(result);
        // Operations on logs leave their traces there; the others are counted here, where they changed anything.
        if (!changes.IsEmpty || operation is AllocateProducer)
            changes.Put(MetadataKeys.Counters, new CountersRecord(index, Topics.Revision, Leases.Revision, Producers.LastId).Format());
        return result;
    }

    public async ValueTask<FlushOutcome> FlushAsync(Task<bool> before, SyncTurn turn)
    {
        // All are asked before the first is waited for, so that one sync serves them together. What is appended behind this is not part of it.
        var flushes = new List<LogFlush>(_unflushed.Count);
        foreach (var (partition, level) in _unflushed)
            flushes.Add(LogFlush.Begin(partition, level, turn));
        _unflushed.Clear();
        var delaysFlush = _delays.FlushAsync(turn);
        foreach (var flush in flushes)
            await flush.EndAsync().ConfigureAwait(false);
        var areDelaysLost = !await delaysFlush.ConfigureAwait(false);
        HashSet<LogId>? lost = null;
        if (await before.ConfigureAwait(false))
        {
            foreach (var flush in flushes)
            {
                if (!flush.TryCommit())
                    (lost ??= []).Add(flush.Partition.Log.Id);
            }
        }
        return new FlushOutcome(lost, areDelaysLost);
    }

    public OperationResult Settle(Operation operation, OperationResult applied, FlushOutcome outcome)
    {
        if (outcome.IsWhole || applied.Error != ErrorCode.None)
            return applied;
        return operation switch
        {
            AppendToLog append when outcome.Lost(append.Log) =>
                new OperationResult(ErrorCode.UnknownOutcome, AppendResult.Failed(ErrorCode.UnknownOutcome)),
            DeliverDelayed deliver when outcome.Lost(deliver.Log) => new OperationResult(ErrorCode.UnknownOutcome),
            DelayRecords when outcome.AreDelaysLost => new OperationResult(ErrorCode.UnknownOutcome, AppendResult.Failed(ErrorCode.UnknownOutcome)),
            ClaimDelayed or DeliverDelayed or SettleDelayed or PostponeDelayed when outcome.AreDelaysLost => new OperationResult(ErrorCode.UnknownOutcome),
            DeleteFromLog delete when outcome.Lost(delete.Log) => new OperationResult(ErrorCode.UnknownOutcome),
            _ => applied,
        };
    }

    public void Announce(Operation operation, in OperationResult result)
    {
        if (operation is AppendToLog { Listener: { } listener, Partition: { } partition } append && result.Value is AppendResult { Succeeded: true, IsDuplicate: false } appended)
            listener.OnAppended(partition, append, appended.BaseOffset);
    }

    public void Publish()
    {
        foreach (var change in _unpublished)
        {
            if (change is TopicChange topic)
                catalog.OnApplied(topic);
            else
                leaseTable.OnApplied((LeaseChange)change);
        }
        _unpublished.Clear();
    }

    private void ToPublish(OperationResult result)
    {
        switch (result.Value)
        {
            case TopicsExpired expired:
                _unpublished.AddRange(expired.Changes);
                break;
            case TopicChange change when result.Error == ErrorCode.None:
                _unpublished.AddRange(change.Preceding);
                _unpublished.Add(change);
                break;
            case LeaseChange when result.Error == ErrorCode.None:
                _unpublished.Add(result.Value);
                break;
        }
    }

    private OperationResult Apply(AppendToLog operation, long index, Epoch epoch)
    {
        try
        {
            while (logs.TryGet(operation.Log, out var partition))
            {
                var result = partition.Append(operation.Batch.Span, operation.Conditions, epoch, index, operation.NowMs);
                if (result.Error == ErrorCode.NotFound && partition.IsRetired)
                    continue;
                if (result.Succeeded)
                    ToFlush(partition, operation.Durability);
                operation.Partition = partition;
                return new OperationResult(result.Error, result);
            }
            return new OperationResult(ErrorCode.NotFound);
        }
        catch (StorageException refusal)
        {
            // What the append asks of the log cannot be looked up.
            return new OperationResult(refusal.Code, Message: refusal.Message);
        }
    }

    private OperationResult Apply(DeleteFromLog operation) =>
        Change(operation.Log, partition =>
        {
            var result = operation.Before is { } before ? partition.DeleteBefore(before) : partition.Delete(operation.Offsets);
            ToFlush(partition, operation.Durability);
            return new OperationResult(result.Error, result);
        });

    private OperationResult Apply(RetainLog operation) =>
        Change(operation.Log, partition =>
        {
            partition.Retain(operation.NowMs);
            return new OperationResult(ErrorCode.None);
        });

    private OperationResult Apply(DeliverDelayed operation, long index, Epoch epoch)
    {
        var result = _delays.Apply(operation, index, epoch);
        if (result.Value is DelayedDelivery { Partition: { } partition })
            ToFlush(partition, Durability.Durable);
        return result;
    }

    private OperationResult Apply(BeginTakeover operation)
    {
        for (var i = 0; i < operation.Topic.Spec.Partitions; i++)
        {
            if (!logs.TryGet(new LogId(operation.Topic.Id, i), out var partition))
                return new OperationResult(ErrorCode.NotFound);
            partition.Empty();
            ToFlush(partition, Durability.Durable);
        }
        return new OperationResult(ErrorCode.None);
    }

    private OperationResult Apply(TakeOverPiece operation, Epoch epoch) =>
        Change(operation.Source, source =>
        {
            using var past = new TakeoverForwards();
            past.Add(ForwardTo(operation.Topic, 0, epoch));
            return new OperationResult(ErrorCode.None, source.CopyPiece(past, operation.From));
        });

    private OperationResult Apply(EndTakeover operation, Epoch epoch) =>
        Change(operation.Source, source =>
        {
            using var past = new TakeoverForwards();
            past.Add(ForwardTo(operation.Topic, 0, epoch));
            var from = operation.From;
            while (from < source.Log.EndOffset)
                from = source.CopyPiece(past, from);
            source.BeginForward(ForwardTo(operation.Topic, operation.UntilMs, epoch, isBestEffort: true), operation.NowMs, static () => { });
            return new OperationResult(ErrorCode.None);
        });

    /// <summary>Changes a log. One that was closed meanwhile because nobody used it is looked up again.</summary>
    private OperationResult Change(LogId log, Func<LogPartition, OperationResult> change)
    {
        try
        {
            while (logs.TryGet(log, out var partition))
            {
                var result = change(partition);
                if (result.Error != ErrorCode.NotFound || !partition.IsRetired)
                    return result;
            }
            return new OperationResult(ErrorCode.NotFound);
        }
        catch (StorageException refusal)
        {
            return new OperationResult(refusal.Code, Message: refusal.Message);
        }
    }

    /// <param name="isBestEffort">What the topic's log refuses stays where it is, and whoever appends it there is not told.</param>
    private TakeoverForward ForwardTo(Topic topic, long untilMs, Epoch epoch, bool isBestEffort = false)
    {
        var targets = new LogPartition[topic.Spec.Partitions];
        for (var i = 0; i < targets.Length; i++)
        {
            if (!logs.TryGet(new LogId(topic.Id, i), out targets[i]!))
                throw new StorageException(ErrorCode.NotFound, $"topic {topic.Name} is gone");
        }
        return new TakeoverForward(topic, targets, untilMs, (target, batch) =>
        {
            try
            {
                target.AppendTakenOver(batch.Span, epoch);
            }
            catch (StorageException refusal) when (isBestEffort)
            {
                LogNotTaken(target.Name, refusal);
                return;
            }
            ToFlush(target, Durability.Durable);
        });
    }

    private void ToFlush(LogPartition partition, Durability durability)
    {
        if (partition.IsPersistent && (!_unflushed.TryGetValue(partition, out var level) || level < durability))
            _unflushed[partition] = durability;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Records for {Log} could not be taken over")]
    private partial void LogNotTaken(TopicPartition log, Exception refusal);
}
