using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>What became of one partition of a request, and nothing more.</summary>
public sealed class PartitionError : IWireItem
{
    public int Index;

    public KafkaError Error;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref Index);
        wire.Error(ref Error);
        wire.Tags();
    }
}
