using RobustMQ.GatewayKit.Live;
using RobustMQ.Records.Live;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>Queue groups whose chosen member, for one message, is at another gateway. Rare, so it allocates when it happens.</summary>
internal struct PeerPicks
{
    private List<(string Queue, SubscriberId Peer)>? _picks;

    public readonly bool IsEmpty => _picks is null;

    public void Add(string queue, SubscriberId peer) => (_picks ??= []).Add((queue, peer));

    /// <summary>Notes them for the record that was appended last.</summary>
    public readonly void AddTo(LivePublisher publisher, TopicRoute route)
    {
        if (_picks is null)
            return;
        foreach (var (queue, peer) in _picks)
            publisher.AddPick(route, queue, peer);
    }
}
