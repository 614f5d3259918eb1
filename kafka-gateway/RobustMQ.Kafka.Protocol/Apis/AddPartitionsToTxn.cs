using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Later versions are those that Apache Kafka's brokers speak among themselves.</summary>
public sealed class AddPartitionsToTxnRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.AddPartitionsToTxn, 0, 3, FlexibleFrom: 3);

    public string TransactionalId = string.Empty;

    public long ProducerId;

    public short ProducerEpoch;

    public IReadOnlyList<TopicPartitions> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref TransactionalId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        wire.Items(ref Topics);
        wire.Tags();
    }
}

public sealed class AddPartitionsToTxnResponse : ThrottledResponse, IWireItem
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
