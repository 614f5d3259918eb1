using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class OffsetDeleteRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.OffsetDelete, 0, 0, KafkaApi.Never);

    public string GroupId = string.Empty;

    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref GroupId);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Tags();
        }
    }
}

public sealed class OffsetDeleteResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public IReadOnlyList<TopicErrors> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Error(ref Error);
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Topics);
        wire.Tags();
    }
}
