namespace RobustMQ.Storage.Engines;

/// <summary>Names a log on disk: the topic's id, not its name, so that a topic deleted and created again never sees old bytes.</summary>
public readonly record struct LogId(Guid Topic, int Partition)
{
    public override string ToString() => $"{Topic:n}-{Partition}";
}
