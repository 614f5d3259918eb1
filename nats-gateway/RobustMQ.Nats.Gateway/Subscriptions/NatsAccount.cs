using RobustMQ.GatewayKit.Live;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Nats.Gateway.Subscriptions;

/// <summary>A NATS account: the namespace its clients live in, and what they and their peers on other gateways want. Thread-safe.</summary>
internal sealed class NatsAccount(Namespace ns, LocalInterest localInterest)
{
    private readonly Lock _lock = new();
    private readonly SubjectTrie<NatsSubscription> _subscriptions = new(hasAnyToken: false);
    private readonly List<NatsSubscription> _found = [];
    private readonly List<PeerSubscription> _foundPeers = [];
    private readonly PeerInterestMap _peers = new();
    private long _generation;
    private int _connections;

    public Namespace Namespace { get; } = ns;

    /// <summary>Changes whenever a match may have changed.</summary>
    public long Generation => Volatile.Read(ref _generation);

    public int SubscriptionCount => _subscriptions.Count;

    /// <returns>False where the account has that many connections at this gateway.</returns>
    public bool TryEnter(int connectionsMax)
    {
        if (Interlocked.Increment(ref _connections) <= connectionsMax)
            return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _connections);

    public void Add(NatsSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.Add(subscription.Subject, subscription);
            _generation++;
        }
        if (subscription.Filter is { } filter)
            localInterest.Add(Namespace, filter, subscription.Queue);
    }

    public void Remove(NatsSubscription subscription)
    {
        lock (_lock)
        {
            if (subscription.IsRemoved)
                return;
            subscription.IsRemoved = true;
            _subscriptions.Remove(subscription.Subject, subscription);
            _generation++;
        }
        if (subscription.Filter is { } filter)
            localInterest.Remove(Namespace, filter, subscription.Queue);
        subscription.Removed?.Invoke();
    }

    public void SetPeer(in PeerInterest interest)
    {
        lock (_lock)
        {
            _peers.Set(interest);
            _generation++;
        }
    }

    public void ClearPeers()
    {
        lock (_lock)
        {
            _peers.Clear();
            _generation++;
        }
    }

    /// <summary>Who gets a message of this subject now.</summary>
    /// <param name="generation">As of which the answer is true.</param>
    public MatchResult Match(ReadOnlySpan<byte> subject, out long generation)
    {
        lock (_lock)
        {
            generation = _generation;
            _found.Clear();
            _foundPeers.Clear();
            _subscriptions.Match(subject, _found);
            if (!_peers.IsEmpty)
                _peers.Match(subject, _foundPeers);
            return MatchResultBuilder.Build(_found, _foundPeers);
        }
    }
}
