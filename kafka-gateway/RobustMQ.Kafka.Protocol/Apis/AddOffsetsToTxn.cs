using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class AddOffsetsToTxnRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.AddOffsetsToTxn, 0, 3, FlexibleFrom: 3);

    public string TransactionalId = string.Empty;

    public long ProducerId;

    public short ProducerEpoch;

    public string GroupId = string.Empty;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref TransactionalId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        wire.Text(ref GroupId);
        wire.Tags();
    }
}

public sealed class AddOffsetsToTxnResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.Tags();
    }
}
