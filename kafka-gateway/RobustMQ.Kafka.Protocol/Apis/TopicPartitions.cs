using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>A topic by its name and some of its partitions by their numbers.</summary>
public sealed class TopicPartitions : IWireItem
{
    public string Name = string.Empty;

    public IReadOnlyList<int> Partitions = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref Name);
        wire.Int32s(ref Partitions);
        wire.Tags();
    }
}
