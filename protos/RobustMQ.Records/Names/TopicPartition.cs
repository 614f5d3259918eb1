namespace RobustMQ.Records;

/// <summary>Names one log: a partition (0-based) of a topic of a namespace.</summary>
public readonly record struct TopicPartition(Namespace Namespace, TopicName Topic, int Partition)
{
    public override string ToString() => $"{Namespace}/{Topic}-{Partition}";
}
