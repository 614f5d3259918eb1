using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DescribeAclsRequest : AclFilter, IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeAcls, 0, 3, FlexibleFrom: 2);
}

public sealed class DescribeAclsResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public string? ErrorMessage;

    public IReadOnlyList<Resource> Resources = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.NullableText(ref ErrorMessage);
        wire.Items(ref Resources);
        wire.Tags();
    }

    public sealed class Resource : IWireItem
    {
        public sbyte Type;

        public string Name = string.Empty;

        public sbyte PatternType = 3;

        public IReadOnlyList<Acl> Acls = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int8(ref Type);
            wire.Text(ref Name);
            if (wire.Version >= 1)
                wire.Int8(ref PatternType);
            wire.Items(ref Acls);
            wire.Tags();
        }
    }

    public sealed class Acl : IWireItem
    {
        public string Principal = string.Empty;

        public string Host = string.Empty;

        public sbyte Operation;

        public sbyte PermissionType;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Principal);
            wire.Text(ref Host);
            wire.Int8(ref Operation);
            wire.Int8(ref PermissionType);
            wire.Tags();
        }
    }
}
