using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class HeartbeatRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.Heartbeat, 0, 4, FlexibleFrom: 4);

    public string GroupId = string.Empty;

    public int Generation;

    public string MemberId = string.Empty;

    public string? GroupInstanceId;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref GroupId);
        wire.Int32(ref Generation);
        wire.Text(ref MemberId);
        if (wire.Version >= 3)
            wire.NullableText(ref GroupInstanceId);
        wire.Tags();
    }
}

public sealed class HeartbeatResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.Tags();
    }
}
