using RobustMQ.Records;
using RobustMQ.Records.Live;

namespace RobustMQ.GatewayKit.Live;

/// <summary>One filter that clients of another gateway have.</summary>
/// <param name="Queue">Null: plain subscriptions.</param>
/// <param name="Weight">How many of them.</param>
public sealed record PeerSubscription(SubscriberId Subscriber, SubjectFilter Filter, string? Queue, int Weight);
