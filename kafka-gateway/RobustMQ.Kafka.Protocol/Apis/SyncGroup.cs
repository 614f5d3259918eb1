using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class SyncGroupRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.SyncGroup, 0, 5, FlexibleFrom: 4);

    public string GroupId = string.Empty;

    public int Generation;

    public string MemberId = string.Empty;

    public string? GroupInstanceId;

    public string? ProtocolType;

    public string? ProtocolName;

    public IReadOnlyList<Assignment> Assignments = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref GroupId);
        wire.Int32(ref Generation);
        wire.Text(ref MemberId);
        if (wire.Version >= 3)
            wire.NullableText(ref GroupInstanceId);
        if (wire.Version >= 5)
        {
            wire.NullableText(ref ProtocolType);
            wire.NullableText(ref ProtocolName);
        }
        wire.Items(ref Assignments);
        wire.Tags();
    }

    public sealed class Assignment : IWireItem
    {
        public string MemberId = string.Empty;

        public ReadOnlyMemory<byte> Bytes;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref MemberId);
            wire.Bytes(ref Bytes);
            wire.Tags();
        }
    }
}

public sealed class SyncGroupResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public string? ProtocolType;

    public string? ProtocolName;

    public ReadOnlyMemory<byte> Assignment;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        if (wire.Version >= 5)
        {
            wire.NullableText(ref ProtocolType);
            wire.NullableText(ref ProtocolName);
        }
        wire.Bytes(ref Assignment);
        wire.Tags();
    }
}
