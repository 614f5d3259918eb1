namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>A partition as consumer groups name it.</summary>
internal readonly record struct MemberPartition(Guid Topic, int Index);
