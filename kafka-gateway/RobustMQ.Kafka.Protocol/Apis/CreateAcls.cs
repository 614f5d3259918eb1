using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class CreateAclsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.CreateAcls, 0, 3, FlexibleFrom: 2);

    public IReadOnlyList<AclBinding> Creations = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Creations);
        wire.Tags();
    }
}

public sealed class CreateAclsResponse : ThrottledResponse, IWireItem
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

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Tags();
        }
    }
}
