using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Offsets by time: -1 the end, -2 the start, -3 the record with the greatest timestamp, -4 and -5 where tiers begin and end.</summary>
public sealed class ListOffsetsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.ListOffsets, 0, 9, FlexibleFrom: 6);

    public int ReplicaId = -1;

    public sbyte IsolationLevel;

    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ReplicaId);
        if (wire.Version >= 2)
            wire.Int8(ref IsolationLevel);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public int CurrentLeaderEpoch = -1;

        public long TimestampMs;

        public int OffsetsMax = 1;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            if (wire.Version >= 4)
                wire.Int32(ref CurrentLeaderEpoch);
            wire.Int64(ref TimestampMs);
            if (wire.Version == 0)
                wire.Int32(ref OffsetsMax);
            wire.Tags();
        }
    }
}

public sealed class ListOffsetsResponse : ThrottledResponse, IWireItem
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
        public int Index;

        public KafkaError Error;

        public IReadOnlyList<long> OldStyleOffsets = [];

        public long TimestampMs = -1;

        public long Offset = -1;

        public int LeaderEpoch = -1;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Error(ref Error);
            if (wire.Version == 0)
                wire.Int64s(ref OldStyleOffsets);
            if (wire.Version >= 1)
            {
                wire.Int64(ref TimestampMs);
                wire.Int64(ref Offset);
            }
            if (wire.Version >= 4)
                wire.Int32(ref LeaderEpoch);
            wire.Tags();
        }
    }
}
