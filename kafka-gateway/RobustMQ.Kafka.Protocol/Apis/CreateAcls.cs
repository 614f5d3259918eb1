using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class CreateAclsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.CreateAcls, 0, 3, FlexibleFrom: 2);

    public IReadOnlyList<Creation> Creations = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Creations);
        wire.Tags();
    }

    public sealed class Creation : IWireItem
    {
        public sbyte ResourceType;

        public string ResourceName = string.Empty;

        public sbyte PatternType = 3;

        public string Principal = string.Empty;

        public string Host = string.Empty;

        public sbyte Operation;

        public sbyte PermissionType;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int8(ref ResourceType);
            wire.Text(ref ResourceName);
            if (wire.Version >= 1)
                wire.Int8(ref PatternType);
            wire.Text(ref Principal);
            wire.Text(ref Host);
            wire.Int8(ref Operation);
            wire.Int8(ref PermissionType);
            wire.Tags();
        }
    }
}

public sealed class CreateAclsResponse : IWireItem
{
    public int ThrottleMs;

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
