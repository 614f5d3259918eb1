using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>The idempotent producers of partitions, with where their open transactions begin (KIP-664).</summary>
public sealed class DescribeProducersRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeProducers, 0, 0, FlexibleFrom: 0);

    public IReadOnlyList<TopicPartitions> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Topics);
        wire.Tags();
    }
}

public sealed class DescribeProducersResponse : ThrottledResponse, IWireItem
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

        public KafkaError Error;

        public string? ErrorMessage;

        public IReadOnlyList<Producer> Producers = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Items(ref Producers);
            wire.Tags();
        }
    }

    public sealed class Producer : IWireItem
    {
        public long ProducerId;

        public int Epoch;

        public int LastSequence = -1;

        public long LastTimestampMs = -1;

        public int CoordinatorEpoch;

        public long TransactionStartOffset = -1;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int64(ref ProducerId);
            wire.Int32(ref Epoch);
            wire.Int32(ref LastSequence);
            wire.Int64(ref LastTimestampMs);
            wire.Int32(ref CoordinatorEpoch);
            wire.Int64(ref TransactionStartOffset);
            wire.Tags();
        }
    }
}
