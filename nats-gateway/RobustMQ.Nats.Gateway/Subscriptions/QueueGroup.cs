using RobustMQ.GatewayKit.Live;

namespace RobustMQ.Nats.Gateway.Subscriptions;

/// <summary>The members of one queue group that match a subject, here and at peers. One of them gets each message.</summary>
internal sealed record QueueGroup(string Name, NatsSubscription[] Members, GroupPeers Peers);
