using RobustMQ.Records.Nodes;

namespace RobustMQ.Kafka.Gateway.Cluster;

/// <summary>The live gateways and who coordinates which slot of groups, as a watch of the leases tells it. Any thread.</summary>
internal sealed class ClusterView
{
    public const string Prefix = "kafka-gateway/";
    public const string MemberPrefix = Prefix + "members/";
    public const string SlotPrefix = Prefix + "coordinators/";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Broker Broker, long Revision)> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (string Holder, long Revision)> _slotHolders = [];
    private IReadOnlyList<Broker> _brokers = [];

    /// <summary>In order of node ids.</summary>
    public IReadOnlyList<Broker> Brokers => Volatile.Read(ref _brokers);

    public bool IsTaken(int slot)
    {
        lock (_lock)
            return _slotHolders.ContainsKey(slot);
    }

    /// <summary>Null while nobody, or nobody who lives, holds the slot.</summary>
    public Broker? CoordinatorOf(int slot)
    {
        string? holder;
        lock (_lock)
            holder = _slotHolders.GetValueOrDefault(slot).Holder;
        return holder is null ? null : Brokers.FirstOrDefault(broker => broker.Endpoint == holder);
    }

    public void Apply(LeaseEvent change)
    {
        if (change.Lease is not { } lease)
            return;
        var isHeld = change.Kind == LeaseEventKind.Put;
        if (lease.Name.StartsWith(MemberPrefix, StringComparison.Ordinal))
            SetMember(lease, isHeld);
        else if (lease.Name.StartsWith(SlotPrefix, StringComparison.Ordinal) && int.TryParse(lease.Name[SlotPrefix.Length..], out var slot))
            SetSlot(slot, lease, isHeld);
    }

    /// <summary>Whoever learns that it has lost a slot may learn that after the watch has told of the next holder: an earlier revision is of the past.</summary>
    public void SetSlot(int slot, Lease lease, bool isHeld)
    {
        lock (_lock)
        {
            if (_slotHolders.TryGetValue(slot, out var present) && present.Revision > lease.Revision)
                return;
            if (isHeld)
                _slotHolders[slot] = (lease.Holder, lease.Revision);
            else
                _slotHolders.Remove(slot);
        }
    }

    /// <summary>What a watch tells of a lease that has another revision by now, as after one that lapsed and was acquired again, is of the past.</summary>
    public void SetMember(Lease lease, bool isHeld)
    {
        lock (_lock)
        {
            if (_members.TryGetValue(lease.Name, out var present) && present.Revision > lease.Revision)
                return;
            if (isHeld && Broker.Parse(lease.Name, lease.Holder) is { } broker)
                _members[lease.Name] = (broker, lease.Revision);
            else
                _members.Remove(lease.Name);
            Volatile.Write(ref _brokers, [.. _members.Values.Select(static member => member.Broker).OrderBy(static broker => broker.NodeId)]);
        }
    }
}
