using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Producers;

/// <summary>
/// Producer ids as applied. An id that was never raised has epoch 0 and needs no entry of its own; only raised epochs are kept. Deterministic; used by the group's
/// thread only.
/// </summary>
internal sealed class ProducerState
{
    /// <summary>Ids whose epochs have been raised, which anybody may ask for: they are kept for good, since no epoch may be given twice. Where there are more, a new id does as well.</summary>
    public const int RaisedMax = 100_000;

    private readonly Dictionary<long, short> _raised = [];

    public long LastId { get; set; }

    public void Load(long id, short epoch) => _raised.Add(id, epoch);

    public OperationResult Apply(AllocateProducer operation, MetadataChanges changes)
    {
        if (operation.ProducerId == 0)
            return Fresh();
        if (operation.ProducerId < 0 || operation.ProducerId > LastId)
            return new OperationResult(ErrorCode.NotFound);
        var isRaised = _raised.TryGetValue(operation.ProducerId, out var epoch);
        // An id whose epochs are used up is replaced; nobody holds an older epoch of the new one.
        if (epoch == short.MaxValue || (!isRaised && _raised.Count >= RaisedMax))
            return Fresh();
        _raised[operation.ProducerId] = ++epoch;
        changes.Put(MetadataKeys.Producer(operation.ProducerId), ProducerRecord.Format(operation.ProducerId, epoch));
        return new OperationResult(ErrorCode.None, new ProducerIdentity(ErrorCode.None, operation.ProducerId, epoch));
    }

    private OperationResult Fresh() => new(ErrorCode.None, new ProducerIdentity(ErrorCode.None, ++LastId, 0));
}
