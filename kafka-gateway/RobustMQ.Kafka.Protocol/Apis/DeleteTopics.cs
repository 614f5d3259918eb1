using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DeleteTopicsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DeleteTopics, 0, 6, FlexibleFrom: 4);

    public IReadOnlyList<Topic> Topics = [];

    public IReadOnlyList<string> Names = [];

    public int TimeoutMs;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 6)
            wire.Items(ref Topics);
        if (wire.Version <= 5)
            wire.Texts(ref Names);
        wire.Int32(ref TimeoutMs);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public string? Name;

        public Guid TopicId;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.NullableText(ref Name);
            wire.Uuid(ref TopicId);
            wire.Tags();
        }
    }
}

public sealed class DeleteTopicsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public string? Name;

        public Guid TopicId;

        public KafkaError Error;

        public string? ErrorMessage;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.NullableText(ref Name);
            if (wire.Version >= 6)
                wire.Uuid(ref TopicId);
            wire.Error(ref Error);
            if (wire.Version >= 5)
                wire.NullableText(ref ErrorMessage);
            wire.Tags();
        }
    }
}
