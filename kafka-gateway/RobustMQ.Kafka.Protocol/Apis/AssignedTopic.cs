using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Partitions of one topic, by its id, that a member of a consumer group owns or is to own.</summary>
public sealed class AssignedTopic : IWireItem
{
    public Guid TopicId;

    public IReadOnlyList<int> Partitions = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Uuid(ref TopicId);
        wire.Int32s(ref Partitions);
        wire.Tags();
    }
}
