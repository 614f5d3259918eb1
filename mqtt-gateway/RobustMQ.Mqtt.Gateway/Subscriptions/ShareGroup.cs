using RobustMQ.GatewayKit.Live;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Members of one shared subscription that match a subject, here and at peers. One of them gets each message.</summary>
/// <param name="IsKept">What is stored comes to its members from storage, one by one, and not this way.</param>
internal sealed record ShareGroup(string Name, Receiver[] Members, GroupPeers Peers, bool IsKept);
