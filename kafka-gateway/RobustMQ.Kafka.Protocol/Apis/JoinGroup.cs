using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class JoinGroupRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.JoinGroup, 0, 9, FlexibleFrom: 6);

    public string GroupId = string.Empty;

    public int SessionTimeoutMs;

    public int RebalanceTimeoutMs = -1;

    public string MemberId = string.Empty;

    public string? GroupInstanceId;

    public string ProtocolType = string.Empty;

    public IReadOnlyList<Protocol> Protocols = [];

    public string? Reason;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref GroupId);
        wire.Int32(ref SessionTimeoutMs);
        if (wire.Version >= 1)
            wire.Int32(ref RebalanceTimeoutMs);
        wire.Text(ref MemberId);
        if (wire.Version >= 5)
            wire.NullableText(ref GroupInstanceId);
        wire.Text(ref ProtocolType);
        wire.Items(ref Protocols);
        if (wire.Version >= 8)
            wire.NullableText(ref Reason);
        wire.Tags();
    }

    public sealed class Protocol : IWireItem
    {
        public string Name = string.Empty;

        public ReadOnlyMemory<byte> Metadata;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.Bytes(ref Metadata);
            wire.Tags();
        }
    }
}

public sealed class JoinGroupResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public int Generation = -1;

    public string? ProtocolType;

    public string? ProtocolName;

    public string Leader = string.Empty;

    public bool SkipAssignment;

    public string MemberId = string.Empty;

    public IReadOnlyList<Member> Members = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 2)
            wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.Int32(ref Generation);
        if (wire.Version >= 7)
            wire.NullableText(ref ProtocolType);
        wire.NullableText(ref ProtocolName);
        wire.Text(ref Leader);
        if (wire.Version >= 9)
            wire.Flag(ref SkipAssignment);
        wire.Text(ref MemberId);
        wire.Items(ref Members);
        wire.Tags();
    }

    public sealed class Member : IWireItem
    {
        public string MemberId = string.Empty;

        public string? GroupInstanceId;

        public ReadOnlyMemory<byte> Metadata;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref MemberId);
            if (wire.Version >= 5)
                wire.NullableText(ref GroupInstanceId);
            wire.Bytes(ref Metadata);
            wire.Tags();
        }
    }
}
