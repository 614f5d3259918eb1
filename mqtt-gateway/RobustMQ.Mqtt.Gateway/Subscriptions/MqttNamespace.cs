using System.Text;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>A namespace as this gateway sees it: what its clients, and their peers on other gateways, want. Thread-safe.</summary>
internal sealed class MqttNamespace(Namespace ns, LocalInterest localInterest, SharedConsumers? shares, ExclusiveFilters? exclusive)
{
    private readonly Lock _lock = new();
    private readonly SubjectTrie<MqttSubscription> _subscriptions = new();
    private readonly List<MqttSubscription> _found = [];
    private readonly List<PeerSubscription> _foundPeers = [];
    private readonly PeerInterestMap _peers = new();
    private readonly WantedFilters _wanted = new();
    private long _generation;

    public Namespace Name { get; } = ns;

    /// <summary>Changes whenever a match may have changed.</summary>
    public long Generation => Volatile.Read(ref _generation);

    public int SubscriptionCount => _subscriptions.Count;

    public void Add(MqttSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.Add(subscription.FilterBytes, subscription);
            _generation++;
        }
        localInterest.Add(Name, subscription.Filter, subscription.ShareName);
        if (subscription.ShareName is not null)
            shares?.Add(Name, subscription);
    }

    public void Remove(MqttSubscription subscription)
    {
        lock (_lock)
        {
            if (subscription.IsRemoved)
                return;
            subscription.IsRemoved = true;
            _subscriptions.Remove(subscription.FilterBytes, subscription);
            _generation++;
        }
        localInterest.Remove(Name, subscription.Filter, subscription.ShareName);
        if (subscription.ShareName is not null)
            shares?.Remove(Name, subscription);
        if (subscription.IsExclusive)
            exclusive?.Release(Name, subscription);
    }

    /// <summary>Messages are to be kept for a session, here or anywhere.</summary>
    public void AddWanted(WantedSubjects wanted)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = _wanted.Add(wanted);
            _generation++;
        }
        if (isFirst)
            shares?.SetKept(Name, wanted.ShareName!, Encoding.UTF8.GetString(wanted.FilterBytes), isKept: true);
    }

    public void RemoveWanted(WantedSubjects wanted)
    {
        bool isLast;
        lock (_lock)
        {
            isLast = _wanted.Remove(wanted);
            _generation++;
        }
        if (isLast)
            shares?.SetKept(Name, wanted.ShareName!, Encoding.UTF8.GetString(wanted.FilterBytes), isKept: false);
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
            return MatchResultBuilder.Build(subject, _found, _foundPeers, _wanted);
        }
    }
}
