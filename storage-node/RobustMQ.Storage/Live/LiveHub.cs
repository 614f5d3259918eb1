using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Nodes;

namespace RobustMQ.Storage.Live;

/// <summary>
/// Matches appended records against the interest of all subscriptions and hands each subscription the batches, or the parts of them, that it wants. A batch that nobody
/// but its origin could want costs one look-up, however many records it holds.
/// </summary>
public sealed class LiveHub
{
    private readonly ConcurrentDictionary<long, LiveSubscription> _subscriptions = new();
    private readonly ConcurrentDictionary<Namespace, NamespaceInterest> _namespaces = new();
    private readonly Lock _lock = new();
    private readonly StorageOptions _options;
    private readonly StorageMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Random _seeds;
    private readonly Congestion _congestion;
    private readonly long _idBase;
    private long _lastId;
    private bool _drains;
    private Fanout? _spare;

    internal LiveHub(long incarnation, StorageOptions options, StorageMetrics metrics, Random random, TimeProvider time, ILogger logger)
    {
        _congestion = new Congestion(time);
        _idBase = (incarnation & int.MaxValue) << 32;
        _options = options;
        _metrics = metrics;
        _seeds = random;
        _logger = logger;
    }

    /// <summary>Some subscriber has fallen behind just now: whoever can wait a few milliseconds before it appends more spares it losses.</summary>
    public bool IsCongested => _congestion.IsWorthWaitingFor;

    public int SubscriberCount => _subscriptions.Count;

    /// <summary>Opens a subscription without interest. <see cref="ILiveSubscriber.OnConnected"/> has been called when it returns.</summary>
    /// <param name="name">For logs and metrics.</param>
    /// <param name="wantsPeers">Tell it what other subscriptions want.</param>
    /// <exception cref="StorageException">The node drains.</exception>
    public LiveSubscription Subscribe(string name, ILiveSubscriber subscriber, bool wantsPeers = true)
    {
        var mailbox = new LiveMailbox(subscriber, name, _options.SubscriberQueueBytesMax, _metrics, _logger);
        LiveSubscription subscription;
        lock (_lock)
        {
            if (_drains)
                throw new StorageException(ErrorCode.Unavailable, "the node drains");
            subscription = new LiveSubscription(this, new SubscriberId(_idBase + ++_lastId), name, wantsPeers, mailbox);
            if (wantsPeers)
                TellOfPeers(subscription);
            _subscriptions[subscription.Id.Value] = subscription;
        }
        subscription.Open();
        return subscription;
    }

    /// <summary>Delivers an appended batch, or one that is not stored, to everybody who wants some of it but the origin.</summary>
    /// <param name="topicSubject">Subject of records whose key is none.</param>
    /// <param name="baseOffset"><see cref="Offset.None"/> where it is not stored.</param>
    internal void Publish(
        TopicPartition log, ReadOnlySpan<byte> topicSubject, ReadOnlyMemory<byte> batch, Offset baseOffset, Epoch epoch, in LiveRouting routing)
    {
        if (!_namespaces.TryGetValue(log.Namespace, out var interest) || !interest.ConcernsOthers(routing.Origin))
            return;
        var fanout = Interlocked.Exchange(ref _spare, null) ?? NewFanout();
        fanout.Run(interest, log, topicSubject, batch.Span, baseOffset, epoch, routing);
        Interlocked.Exchange(ref _spare, fanout)?.Dispose();
    }

    /// <summary>Whether a record of a namespace may find a subscriber.</summary>
    internal bool HasInterest(Namespace ns) => _namespaces.TryGetValue(ns, out var interest) && interest.ConcernsOthers(default);

    internal LiveSubscription? Find(SubscriberId id) => _subscriptions.GetValueOrDefault(id.Value);

    internal void ReportBacklog(SubscriberId subscriber, bool isBehind) => _congestion.Report(subscriber, isBehind);

    internal void ReportDropped(long records) => _metrics.LiveDropped(records);

    internal ErrorCode SetInterest(LiveSubscription subscription, Namespace ns, SubjectFilter filter, string? queue, int weight)
    {
        if (weight < 0 || filter.Value.Length == 0)
            return ErrorCode.InvalidArgument;
        lock (_lock)
        {
            if (!_subscriptions.ContainsKey(subscription.Id.Value))
                return ErrorCode.Unavailable;
            var error = Change(subscription, ns, filter, queue, weight);
            if (error == ErrorCode.None)
                TellPeers(subscription, new PeerInterest(subscription.Id, ns, filter, queue, weight));
            return error;
        }
    }

    internal void Remove(LiveSubscription subscription)
    {
        lock (_lock)
        {
            if (!_subscriptions.TryRemove(subscription.Id.Value, out _))
                return;
            _congestion.Report(subscription.Id, isBehind: false);
            foreach (var ((ns, filter, queue), interest) in subscription.Interests)
            {
                _namespaces[ns].Remove(Encoding.UTF8.GetBytes(filter.Value), interest);
                TellPeers(subscription, new PeerInterest(subscription.Id, ns, filter, queue, 0));
            }
            subscription.Interests.Clear();
        }
    }

    /// <summary>Ends every subscription and takes no more.</summary>
    internal void Drain()
    {
        lock (_lock)
            _drains = true;
        foreach (var subscription in _subscriptions.Values)
            subscription.Dispose();
    }

    private Fanout NewFanout()
    {
        lock (_lock)
            return new Fanout(this, new Random(_seeds.Next()));
    }

    private ErrorCode Change(LiveSubscription subscription, Namespace ns, SubjectFilter filter, string? queue, int weight)
    {
        var key = (ns, filter, queue);
        var interests = _namespaces.GetOrAdd(ns, static (_, cacheSubjects) => new NamespaceInterest(cacheSubjects), _options.MatchCacheSubjects);
        var isKnown = subscription.Interests.TryGetValue(key, out var interest);
        if (weight == 0)
        {
            if (isKnown)
                interests.Remove(Encoding.UTF8.GetBytes(filter.Value), interest!);
            subscription.Interests.Remove(key);
        }
        else if (isKnown)
        {
            interests.SetWeight(interest!, weight);
        }
        else if (subscription.Interests.Count >= _options.InterestPerSubscriberMax)
        {
            return ErrorCode.LimitExceeded;
        }
        else
        {
            subscription.Interests.Add(key, interest = new Interest(subscription, queue) { Weight = weight });
            interests.Add(Encoding.UTF8.GetBytes(filter.Value), interest);
        }
        return ErrorCode.None;
    }

    private void TellPeers(LiveSubscription of, in PeerInterest change)
    {
        foreach (var (_, peer) in _subscriptions)
        {
            if (peer != of && peer.WantsPeers)
                peer.Tell(change);
        }
    }

    private void TellOfPeers(LiveSubscription subscription)
    {
        foreach (var (_, peer) in _subscriptions)
        {
            foreach (var ((ns, filter, queue), interest) in peer.Interests)
                subscription.Tell(new PeerInterest(peer.Id, ns, filter, queue, interest.Weight));
        }
    }
}
