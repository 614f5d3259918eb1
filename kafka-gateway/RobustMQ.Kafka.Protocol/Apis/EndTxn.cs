using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Version 4 and later belong to producers whose epoch changes with every transaction (KIP-890).</summary>
public sealed class EndTxnRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.EndTxn, 0, 3, FlexibleFrom: 3);

    public string TransactionalId = string.Empty;

    public long ProducerId;

    public short ProducerEpoch;

    /// <summary>False: abort.</summary>
    public bool IsCommit;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref TransactionalId);
        wire.Int64(ref ProducerId);
        wire.Int16(ref ProducerEpoch);
        wire.Flag(ref IsCommit);
        wire.Tags();
    }
}

public sealed class EndTxnResponse : ThrottledResponse, IWireItem
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
