using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>Answer to a heartbeat.</summary>
/// <param name="Assigned">Null: as before.</param>
internal sealed record ConsumerOutcome(KafkaError Error, string MemberId, int Epoch = 0, IReadOnlyCollection<MemberPartition>? Assigned = null);
