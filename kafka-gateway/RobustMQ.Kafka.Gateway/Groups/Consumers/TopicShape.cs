namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>What sharing out needs to know of a topic.</summary>
internal sealed record TopicShape(string Name, Guid Id, int Partitions);
