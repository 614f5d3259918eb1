using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Subjects;

namespace RobustMQ.GatewayKit.Live;

/// <summary>What clients of other gateways want in one namespace. Thread-safe.</summary>
public sealed class PeerInterestMap
{
    private readonly Lock _lock = new();
    private readonly SubjectTrie<PeerSubscription> _trie = new();
    private readonly Dictionary<(SubscriberId, SubjectFilter, string?), PeerSubscription> _subscriptions = [];

    /// <summary>False spares the publisher the look-up.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    private int _count;

    public void Set(in PeerInterest interest)
    {
        lock (_lock)
        {
            var key = (interest.Subscriber, interest.Filter, interest.Queue);
            if (_subscriptions.Remove(key, out var old))
                _trie.Remove(Encoding.UTF8.GetBytes(old.Filter.Value), old);
            if (interest.Weight > 0)
            {
                var added = new PeerSubscription(interest.Subscriber, interest.Filter, interest.Queue, interest.Weight);
                _subscriptions.Add(key, added);
                _trie.Add(Encoding.UTF8.GetBytes(added.Filter.Value), added);
            }
            _count = _subscriptions.Count;
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            foreach (var subscription in _subscriptions.Values)
                _trie.Remove(Encoding.UTF8.GetBytes(subscription.Filter.Value), subscription);
            _subscriptions.Clear();
            _count = 0;
        }
    }

    public void Match(ReadOnlySpan<byte> subject, List<PeerSubscription> matches)
    {
        lock (_lock)
            _trie.Match(subject, matches);
    }
}
