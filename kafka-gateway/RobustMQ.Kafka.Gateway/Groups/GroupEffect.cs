namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>What a step of the machine asks of its surroundings: answers to those who waited.</summary>
internal readonly record struct GroupEffect(object Ticket, JoinOutcome? Join, SyncOutcome? Sync);
