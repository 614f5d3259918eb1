using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Answer to a join. The leader is told all members, the others none.</summary>
internal sealed record JoinOutcome(
    KafkaError Error, string MemberId, int Generation = -1, string? ProtocolType = null, string? Protocol = null, string Leader = "", bool SkipAssignment = false,
    IReadOnlyList<JoinedMember>? Members = null);
