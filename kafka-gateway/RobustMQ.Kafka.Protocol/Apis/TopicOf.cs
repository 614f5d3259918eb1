using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>A topic by its name and something about partitions of it, as many messages have it.</summary>
public abstract class TopicOf<TPartition> : IWireItem
    where TPartition : IWireItem, new()
{
    public string Name = string.Empty;

    public IReadOnlyList<TPartition> Partitions = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref Name);
        wire.Items(ref Partitions);
        wire.Tags();
    }
}
