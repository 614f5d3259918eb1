namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>What a client says when it joins.</summary>
/// <param name="Ticket">Comes back with the answer.</param>
/// <param name="NeedsKnownId">A new member is given its id first and joins with it: one that never hears the answer leaves nothing behind.</param>
/// <param name="CanSkipAssignment">A leader that comes back can be told to keep the assignment that stands.</param>
internal sealed record JoinIntent(
    object Ticket, string MemberId, string? InstanceId, string ClientId, string ClientHost, TimeSpan SessionTimeout, TimeSpan RebalanceTimeout, string ProtocolType,
    IReadOnlyList<GroupProtocol> Protocols, bool NeedsKnownId, bool CanSkipAssignment);
