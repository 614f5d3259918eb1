using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Whether a produced batch may be handed on, and if not, why and because of which of its records.</summary>
internal readonly record struct BatchVerdict(KafkaError Error, string? Message, IReadOnlyList<ProduceResponse.RecordError>? Records = null);
