namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>A member as the leader is told of it.</summary>
internal sealed record JoinedMember(string Id, string? InstanceId, byte[] Metadata);
