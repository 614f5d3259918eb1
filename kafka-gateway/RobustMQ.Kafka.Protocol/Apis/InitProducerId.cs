using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class InitProducerIdRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.InitProducerId, 0, 5, FlexibleFrom: 2);

    public string? TransactionalId;

    public int TransactionTimeoutMs;

    public long ProducerId = -1;

    public short ProducerEpoch = -1;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.NullableText(ref TransactionalId);
        wire.Int32(ref TransactionTimeoutMs);
        if (wire.Version >= 3)
        {
            wire.Int64(ref ProducerId);
            wire.Int16(ref ProducerEpoch);
        }
        wire.Tags();
    }
}

public sealed class InitProducerIdResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public long ProducerId = -1;

    public short ProducerEpoch = -1;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        wire.Tags();
    }
}
