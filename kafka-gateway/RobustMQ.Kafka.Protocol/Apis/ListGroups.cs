using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class ListGroupsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.ListGroups, 0, 5, FlexibleFrom: 3);

    public IReadOnlyList<string> States = [];

    public IReadOnlyList<string> Types = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 4)
            wire.Texts(ref States);
        if (wire.Version >= 5)
            wire.Texts(ref Types);
        wire.Tags();
    }
}

public sealed class ListGroupsResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public IReadOnlyList<Group> Groups = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.Items(ref Groups);
        wire.Tags();
    }

    public sealed class Group : IWireItem
    {
        public string GroupId = string.Empty;

        public string ProtocolType = string.Empty;

        public string State = string.Empty;

        public string Type = string.Empty;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref GroupId);
            wire.Text(ref ProtocolType);
            if (wire.Version >= 4)
                wire.Text(ref State);
            if (wire.Version >= 5)
                wire.Text(ref Type);
            wire.Tags();
        }
    }
}
