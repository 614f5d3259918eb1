using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DeleteGroupsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DeleteGroups, 0, 2, FlexibleFrom: 2);

    public IReadOnlyList<string> Groups = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Texts(ref Groups);
        wire.Tags();
    }
}

public sealed class DeleteGroupsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Result> Results = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Results);
        wire.Tags();
    }

    public sealed class Result : IWireItem
    {
        public string GroupId = string.Empty;

        public KafkaError Error;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref GroupId);
            wire.Error(ref Error);
            wire.Tags();
        }
    }
}
