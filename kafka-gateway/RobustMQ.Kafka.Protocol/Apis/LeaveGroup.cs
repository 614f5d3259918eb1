using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class LeaveGroupRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.LeaveGroup, 0, 5, FlexibleFrom: 4);

    public string GroupId = string.Empty;

    public string MemberId = string.Empty;

    public IReadOnlyList<Member> Members = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Text(ref GroupId);
        if (wire.Version <= 2)
            wire.Text(ref MemberId);
        if (wire.Version >= 3)
            wire.Items(ref Members);
        wire.Tags();
    }

    public sealed class Member : IWireItem
    {
        public string MemberId = string.Empty;

        public string? GroupInstanceId;

        public string? Reason;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref MemberId);
            wire.NullableText(ref GroupInstanceId);
            if (wire.Version >= 5)
                wire.NullableText(ref Reason);
            wire.Tags();
        }
    }
}

public sealed class LeaveGroupResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public IReadOnlyList<Member> Members = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        if (wire.Version >= 3)
            wire.Items(ref Members);
        wire.Tags();
    }

    public sealed class Member : IWireItem
    {
        public string MemberId = string.Empty;

        public string? GroupInstanceId;

        public KafkaError Error;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref MemberId);
            wire.NullableText(ref GroupInstanceId);
            wire.Error(ref Error);
            wire.Tags();
        }
    }
}
