using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class TxnOffsetCommitRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.TxnOffsetCommit, 0, 3, FlexibleFrom: 3);

    public string TransactionalId = string.Empty;

    public string GroupId = string.Empty;

    public long ProducerId;

    public short ProducerEpoch;

    public int Generation = -1;

    public string MemberId = string.Empty;

    public string? GroupInstanceId;

    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref TransactionalId);
        wire.Text(ref GroupId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        if (wire.Version >= 3)
        {
            wire.Int32(ref Generation);
            wire.Text(ref MemberId);
            wire.NullableText(ref GroupInstanceId);
        }
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public long Offset;

        public int LeaderEpoch = -1;

        public string? Metadata;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Int64(ref Offset);
            if (wire.Version >= 2)
                wire.Int32(ref LeaderEpoch);
            wire.NullableText(ref Metadata);
            wire.Tags();
        }
    }
}

public sealed class TxnOffsetCommitResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<TopicErrors> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Topics);
        wire.Tags();
    }
}
