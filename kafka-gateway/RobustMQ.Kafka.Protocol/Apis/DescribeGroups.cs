using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DescribeGroupsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeGroups, 0, 5, FlexibleFrom: 5);

    public IReadOnlyList<string> Groups = [];

    public bool IncludeAuthorizedOperations;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Texts(ref Groups);
        if (wire.Version >= 3)
            wire.Flag(ref IncludeAuthorizedOperations);
        wire.Tags();
    }
}

public sealed class DescribeGroupsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Group> Groups = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Items(ref Groups);
        wire.Tags();
    }

    public sealed class Group : IWireItem
    {
        public KafkaError Error;

        public string GroupId = string.Empty;

        public string State = string.Empty;

        public string ProtocolType = string.Empty;

        public string Protocol = string.Empty;

        public IReadOnlyList<Member> Members = [];

        public int AuthorizedOperations = int.MinValue;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.Text(ref GroupId);
            wire.Text(ref State);
            wire.Text(ref ProtocolType);
            wire.Text(ref Protocol);
            wire.Items(ref Members);
            if (wire.Version >= 3)
                wire.Int32(ref AuthorizedOperations);
            wire.Tags();
        }
    }

    public sealed class Member : IWireItem
    {
        public string MemberId = string.Empty;

        public string? GroupInstanceId;

        public string ClientId = string.Empty;

        public string ClientHost = string.Empty;

        public ReadOnlyMemory<byte> Metadata;

        public ReadOnlyMemory<byte> Assignment;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref MemberId);
            if (wire.Version >= 4)
                wire.NullableText(ref GroupInstanceId);
            wire.Text(ref ClientId);
            wire.Text(ref ClientHost);
            wire.Bytes(ref Metadata);
            wire.Bytes(ref Assignment);
            wire.Tags();
        }
    }
}
