namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>What a member says when it comes for its share; the leader brings everybody's.</summary>
internal sealed record SyncIntent(
    object Ticket, string MemberId, string? InstanceId, int Generation, string? ProtocolType, string? Protocol, IReadOnlyDictionary<string, byte[]> Assignments);
