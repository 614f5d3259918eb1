using RobustMQ.Records;
using RobustMQ.Records.Live;

namespace RobustMQ.Storage.Live;

/// <summary>One subscriber's standing at the hub. Safe for any thread; disposing it ends the deliveries and withdraws its interest.</summary>
public sealed class LiveSubscription : IDisposable
{
    private readonly LiveHub _hub;
    private readonly LiveMailbox _mailbox;

    internal LiveSubscription(LiveHub hub, SubscriberId id, string name, bool wantsPeers, LiveMailbox mailbox)
    {
        _hub = hub;
        _mailbox = mailbox;
        Id = id;
        Name = name;
        WantsPeers = wantsPeers;
    }

    /// <summary>Never used twice by a node, restarts included.</summary>
    public SubscriberId Id { get; }

    public string Name { get; }

    internal bool WantsPeers { get; }

    /// <summary>By namespace, filter and queue; guarded by the hub.</summary>
    internal Dictionary<(Namespace Namespace, SubjectFilter Filter, string? Queue), Interest> Interests { get; } = [];

    /// <summary>Sets how many local subscriptions (or queue members) stand behind a filter; 0 removes it. In force when it returns.</summary>
    /// <param name="queue">Null or empty: not a queue group.</param>
    /// <returns><see cref="ErrorCode.InvalidArgument"/> for a negative weight or an empty filter, <see cref="ErrorCode.LimitExceeded"/> for too many filters.</returns>
    public ErrorCode SetInterest(Namespace ns, SubjectFilter filter, string? queue, int weight) =>
        _hub.SetInterest(this, ns, filter, string.IsNullOrEmpty(queue) ? null : queue, weight);

    /// <summary>For a subscriber with a queue of its own: counts records that it had to leave out.</summary>
    public void ReportDropped(long records) => _hub.ReportDropped(records);

    /// <summary>For a subscriber with a queue of its own: whether much waits in it. Told when that changes.</summary>
    public void ReportBacklog(bool isBehind) => _hub.ReportBacklog(Id, isBehind);

    public void Dispose()
    {
        _hub.Remove(this);
        _mailbox.Close();
    }

    internal void Open() => _mailbox.Open(Id);

    internal void Deliver(in LiveRecords records, int count) => _mailbox.Deliver(records, count);

    internal void Tell(in PeerInterest peer) => _mailbox.Tell(peer);
}
