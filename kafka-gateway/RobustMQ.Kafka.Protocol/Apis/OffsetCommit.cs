using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class OffsetCommitRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.OffsetCommit, 0, 9, FlexibleFrom: 8);

    public string GroupId = string.Empty;

    public int Generation = -1;

    public string MemberId = string.Empty;

    public string? GroupInstanceId;

    public long RetentionTimeMs = -1;

    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref GroupId);
        if (wire.Version >= 1)
        {
            wire.Int32(ref Generation);
            wire.Text(ref MemberId);
        }
        if (wire.Version >= 7)
            wire.NullableText(ref GroupInstanceId);
        if (wire.Version is >= 2 and <= 4)
            wire.Int64(ref RetentionTimeMs);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public long Offset;

        public int LeaderEpoch = -1;

        public long CommitTimestampMs = -1;

        public string? Metadata;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Int64(ref Offset);
            if (wire.Version >= 6)
                wire.Int32(ref LeaderEpoch);
            if (wire.Version == 1)
                wire.Int64(ref CommitTimestampMs);
            wire.NullableText(ref Metadata);
            wire.Tags();
        }
    }
}

public sealed class OffsetCommitResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<TopicErrors> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 3)
            wire.Int32(ref ThrottleMs);
        wire.Items(ref Topics);
        wire.Tags();
    }
}
