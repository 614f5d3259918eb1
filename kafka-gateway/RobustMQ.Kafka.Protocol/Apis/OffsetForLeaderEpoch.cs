using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class OffsetForLeaderEpochRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.OffsetForLeaderEpoch, 0, 4, FlexibleFrom: 4);

    public int ReplicaId = -2;

    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 3)
            wire.Int32(ref ReplicaId);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public int CurrentLeaderEpoch = -1;

        public int LeaderEpoch;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            if (wire.Version >= 2)
                wire.Int32(ref CurrentLeaderEpoch);
            wire.Int32(ref LeaderEpoch);
            wire.Tags();
        }
    }
}

public sealed class OffsetForLeaderEpochResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 2)
            wire.Int32(ref ThrottleMs);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public KafkaError Error;

        public int Index;

        public int LeaderEpoch = -1;

        public long EndOffset = -1;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.Int32(ref Index);
            if (wire.Version >= 1)
                wire.Int32(ref LeaderEpoch);
            wire.Int64(ref EndOffset);
            wire.Tags();
        }
    }
}
