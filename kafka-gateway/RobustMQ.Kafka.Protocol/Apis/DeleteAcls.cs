using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DeleteAclsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DeleteAcls, 0, 3, FlexibleFrom: 2);

    public IReadOnlyList<AclFilter> Filters = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Filters);
        wire.Tags();
    }
}

public sealed class DeleteAclsResponse : ThrottledResponse, IWireItem
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
        public KafkaError Error;

        public string? ErrorMessage;

        public IReadOnlyList<Match> Matches = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Items(ref Matches);
            wire.Tags();
        }
    }

    public sealed class Match : IWireItem
    {
        public KafkaError Error;

        public string? ErrorMessage;

        public AclBinding Acl = new();

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            Acl.Carry(ref wire);
        }
    }
}
