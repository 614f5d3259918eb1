using RobustMQ.Records.Nodes;

namespace RobustMQ.Storage.Client.Calls;

/// <summary>What a watch of leases has told its caller, so that after a lost connection it can also tell which leases went meanwhile.</summary>
internal sealed class ToldLeases
{
    private readonly Dictionary<string, Lease> _told = new(StringComparer.Ordinal);
    private Dictionary<string, Lease>? _before;

    /// <summary>A new connection tells everything from the start.</summary>
    public void BeginAnew() => _before = new Dictionary<string, Lease>(_told, StringComparer.Ordinal);

    /// <summary>Takes the next change in.</summary>
    /// <returns>What must be told before it: at the end of a new start, the leases that are gone.</returns>
    public IReadOnlyList<LeaseEvent> Take(in LeaseEvent change)
    {
        switch (change.Kind)
        {
            case LeaseEventKind.Put:
                _told[change.Lease!.Name] = change.Lease;
                _before?.Remove(change.Lease.Name);
                return [];
            case LeaseEventKind.CaughtUp when _before is { Count: > 0 } gone:
                _before = null;
                foreach (var name in gone.Keys)
                    _told.Remove(name);
                return [.. gone.Values.Select(lease => new LeaseEvent(LeaseEventKind.Expired, lease, lease.Revision))];
            case LeaseEventKind.CaughtUp:
                _before = null;
                return [];
            default:
                _told.Remove(change.Lease!.Name);
                _before?.Remove(change.Lease.Name);
                return [];
        }
    }
}
