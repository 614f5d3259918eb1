using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>One group up to version 7, several from 8 on. No topics: all that the group has.</summary>
public sealed class OffsetFetchRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.OffsetFetch, 0, 9, FlexibleFrom: 6);

    public string GroupId = string.Empty;

    public IReadOnlyList<TopicPartitions>? Topics;

    public IReadOnlyList<Group> Groups = [];

    public bool RequireStable;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version <= 7)
        {
            wire.Text(ref GroupId);
            wire.NullableItems(ref Topics);
        }
        if (wire.Version >= 8)
            wire.Items(ref Groups);
        if (wire.Version >= 7)
            wire.Flag(ref RequireStable);
        wire.Tags();
    }

    public sealed class Group : IWireItem
    {
        public string GroupId = string.Empty;

        public string? MemberId;

        public int MemberEpoch = -1;

        public IReadOnlyList<TopicPartitions>? Topics;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref GroupId);
            if (wire.Version >= 9)
            {
                wire.NullableText(ref MemberId);
                wire.Int32(ref MemberEpoch);
            }
            wire.NullableItems(ref Topics);
            wire.Tags();
        }
    }
}

public sealed class OffsetFetchResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Topic> Topics = [];

    public KafkaError Error;

    public IReadOnlyList<Group> Groups = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 3)
            wire.Int32(ref ThrottleMs);
        if (wire.Version <= 7)
            wire.Items(ref Topics);
        if (wire.Version is >= 2 and <= 7)
            wire.Error(ref Error);
        if (wire.Version >= 8)
            wire.Items(ref Groups);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public long Offset = -1;

        public int LeaderEpoch = -1;

        public string? Metadata;

        public KafkaError Error;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Int64(ref Offset);
            if (wire.Version >= 5)
                wire.Int32(ref LeaderEpoch);
            wire.NullableText(ref Metadata);
            wire.Error(ref Error);
            wire.Tags();
        }
    }

    public sealed class Group : IWireItem
    {
        public string GroupId = string.Empty;

        public IReadOnlyList<Topic> Topics = [];

        public KafkaError Error;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref GroupId);
            wire.Items(ref Topics);
            wire.Error(ref Error);
            wire.Tags();
        }
    }
}
