using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DeleteRecordsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DeleteRecords, 0, 2, FlexibleFrom: 2);

    public IReadOnlyList<Topic> Topics = [];

    public int TimeoutMs;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Topics);
        wire.Int32(ref TimeoutMs);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        /// <summary>-1: everything that is there.</summary>
        public long Offset;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Int64(ref Offset);
            wire.Tags();
        }
    }
}

public sealed class DeleteRecordsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public long LowWatermark = -1;

        public KafkaError Error;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Int64(ref LowWatermark);
            wire.Error(ref Error);
            wire.Tags();
        }
    }
}
