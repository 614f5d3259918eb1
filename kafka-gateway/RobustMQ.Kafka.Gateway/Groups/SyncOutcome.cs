using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Answer to a sync: what the member is to read, in the words of its protocol.</summary>
internal sealed record SyncOutcome(KafkaError Error, string? ProtocolType = null, string? Protocol = null, byte[]? Assignment = null);
