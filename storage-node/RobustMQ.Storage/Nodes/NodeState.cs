using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Leases;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Producers;
using RobustMQ.Storage.Replication;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Nodes;

/// <summary>Everything durable of a node: topics, leases, producer ids and persistent logs, changed by operations only.</summary>
internal sealed class NodeState(LogTable logs, TopicCatalog catalog, LeaseTable leaseTable) : IStateMachine
{
    private readonly Dictionary<LogPartition, Durability> _unflushed = [];
    private readonly List<(LogPartition Partition, Task Flush)> _flushes = [];
    private readonly HashSet<LogId> _unflushable = [];
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
        Topics.Revision = counters.TopicRevision == 0 ? 0 : counters.TopicRevision + LocalGroup.RoundMax;
        Leases.Revision = counters.LeaseRevision == 0 ? 0 : counters.LeaseRevision + LocalGroup.RoundMax;
        Producers.LastId = counters.LastProducerId;
        foreach (var (key, value) in store.Scan(MetadataKeys.Topics))
            Topics.Load(TopicRecord.Parse(key, value));
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
            CreateTopic create => Topics.Apply(create, changes),
            UpdateTopic update => Topics.Apply(update, changes),
            DeleteTopic delete => Topics.Apply(delete, changes),
            AcquireLease acquire => Leases.Apply(acquire, changes),
            UpdateLease update => Leases.Apply(update, changes),
            RemoveLease remove => Leases.Apply(remove, changes),
            AllocateProducer allocate => Producers.Apply(allocate, changes),
            _ => throw new InvalidOperationException($"{operation.GetType().Name} is not an operation of this state"),
        };
        if (result.Error == ErrorCode.None && result.Value is TopicChange or LeaseChange)
            _unpublished.Add(result.Value!);
        if (operation is not (AppendToLog or DeleteFromLog or RetainLog))
            changes.Put(MetadataKeys.Counters, new CountersRecord(index, Topics.Revision, Leases.Revision, Producers.LastId).Format());
        return result;
    }

    public async ValueTask FlushAsync()
    {
        _unflushable.Clear();
        // All are asked before the first is waited for, so that one sync serves them together.
        foreach (var (partition, level) in _unflushed)
            _flushes.Add((partition, FlushAsync(partition, level)));
        _unflushed.Clear();
        foreach (var (partition, flush) in _flushes)
        {
            try
            {
                await flush.ConfigureAwait(false);
            }
            catch (StorageException)
            {
                _unflushable.Add(partition.Log.Id);
            }
        }
        _flushes.Clear();
    }

    public OperationResult Settle(Operation operation, OperationResult applied)
    {
        if (_unflushable.Count == 0 || applied.Error != ErrorCode.None)
            return applied;
        return operation switch
        {
            AppendToLog append when _unflushable.Contains(append.Log) =>
                new OperationResult(ErrorCode.UnknownOutcome, AppendResult.Failed(ErrorCode.UnknownOutcome)),
            DeleteFromLog delete when _unflushable.Contains(delete.Log) => new OperationResult(ErrorCode.UnknownOutcome),
            _ => applied,
        };
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

    private OperationResult Apply(AppendToLog operation, long index, Epoch epoch)
    {
        if (!logs.TryGet(operation.Log, out var partition))
            return new OperationResult(ErrorCode.NotFound);
        var result = partition.Append(operation.Batch.Span, operation.Conditions, epoch, index, operation.NowMs);
        if (result.Succeeded && (!_unflushed.TryGetValue(partition, out var level) || level < operation.Durability))
            _unflushed[partition] = operation.Durability;
        return new OperationResult(result.Error, result);
    }

    private OperationResult Apply(DeleteFromLog operation)
    {
        if (!logs.TryGet(operation.Log, out var partition))
            return new OperationResult(ErrorCode.NotFound);
        try
        {
            var result = operation.Before is { } before ? partition.DeleteBefore(before) : partition.Delete(operation.Offsets);
            _unflushed[partition] = Durability.Durable;
            return new OperationResult(result.Error, result);
        }
        catch (StorageException refusal)
        {
            return new OperationResult(refusal.Code, Message: refusal.Message);
        }
    }

    private OperationResult Apply(RetainLog operation)
    {
        if (!logs.TryGet(operation.Log, out var partition))
            return new OperationResult(ErrorCode.NotFound);
        try
        {
            partition.Retain(operation.NowMs);
            return new OperationResult(ErrorCode.None);
        }
        catch (StorageException refusal)
        {
            return new OperationResult(refusal.Code, Message: refusal.Message);
        }
    }

    private static Task FlushAsync(LogPartition partition, Durability level) => partition.Log.FlushAsync(level).AsTask();
}
