using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class CreatePartitionsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.CreatePartitions, 0, 3, FlexibleFrom: 2);

    public IReadOnlyList<Topic> Topics = [];

    public int TimeoutMs;

    public bool ValidateOnly;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Topics);
        wire.Int32(ref TimeoutMs);
        wire.Flag(ref ValidateOnly);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public string Name = string.Empty;

        /// <summary>Partitions afterwards.</summary>
        public int Count;

        public IReadOnlyList<Assignment>? Assignments;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.Int32(ref Count);
            wire.NullableItems(ref Assignments);
            wire.Tags();
        }
    }

    public sealed class Assignment : IWireItem
    {
        public IReadOnlyList<int> BrokerIds = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32s(ref BrokerIds);
            wire.Tags();
        }
    }
}

public sealed class CreatePartitionsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Result> Results = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Results);
        wire.Tags();
    }

    public sealed class Result : IWireItem
    {
        public string Name = string.Empty;

        public KafkaError Error;

        public string? ErrorMessage;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Tags();
        }
    }
}
