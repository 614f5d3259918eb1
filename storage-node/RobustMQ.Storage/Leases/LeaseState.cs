using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Leases;

/// <summary>Leases as applied. It knows no time: whoever leads the group proposes that a lease has expired. Deterministic; used by the group's thread only.</summary>
internal sealed class LeaseState
{
    private readonly Dictionary<string, Lease> _leases = new(StringComparer.Ordinal);

    public long Revision { get; set; }

    public IReadOnlyCollection<Lease> Leases => _leases.Values;

    public void Load(Lease lease) => _leases.Add(lease.Name, lease);

    public OperationResult Apply(AcquireLease operation, MetadataChanges changes)
    {
        if (_leases.TryGetValue(operation.Name, out var present) && present.Holder != operation.Holder && !operation.Steal)
            return new OperationResult(ErrorCode.LeaseHeld, new LeaseChange(LeaseEventKind.Put, present, present.Revision));
        return Put(new Lease(operation.Name, operation.Holder, operation.Value, operation.Ttl, ++Revision), changes);
    }

    public OperationResult Apply(UpdateLease operation, MetadataChanges changes) =>
        FindRefusal(operation.Name, operation.Revision, out var present)
        ?? Put(present! with { Value = operation.Value, Revision = ++Revision }, changes);

    public OperationResult Apply(RemoveLease operation, MetadataChanges changes)
    {
        if (FindRefusal(operation.Name, operation.Revision, out var present) is { } refusal)
            return refusal;
        _leases.Remove(operation.Name);
        changes.Remove(MetadataKeys.Lease(operation.Name));
        var kind = operation.IsExpired ? LeaseEventKind.Expired : LeaseEventKind.Released;
        return new OperationResult(ErrorCode.None, new LeaseChange(kind, present!, ++Revision));
    }

    private OperationResult Put(Lease lease, MetadataChanges changes)
    {
        _leases[lease.Name] = lease;
        changes.Put(MetadataKeys.Lease(lease.Name), LeaseRecord.Format(lease));
        return new OperationResult(ErrorCode.None, new LeaseChange(LeaseEventKind.Put, lease, lease.Revision));
    }

    private OperationResult? FindRefusal(string name, long revision, out Lease? present)
    {
        if (!_leases.TryGetValue(name, out present))
            return new OperationResult(ErrorCode.NotFound);
        return present.Revision != revision
            ? new OperationResult(ErrorCode.Fenced, new LeaseChange(LeaseEventKind.Put, present, present.Revision))
            : null;
    }
}
