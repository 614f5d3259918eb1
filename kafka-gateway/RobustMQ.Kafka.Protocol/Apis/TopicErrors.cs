namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>What became of partitions of one topic.</summary>
public sealed class TopicErrors : TopicOf<PartitionError>;
