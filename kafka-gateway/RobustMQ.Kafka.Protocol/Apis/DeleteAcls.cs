using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DeleteAclsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DeleteAcls, 0, 3, FlexibleFrom: 2);

    public IReadOnlyList<Filter> Filters = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Filters);
        wire.Tags();
    }

    public sealed class Filter : IWireItem
    {
        public sbyte ResourceType;

        public string? ResourceName;

        public sbyte PatternType = 3;

        public string? Principal;

        public string? Host;

        public sbyte Operation;

        public sbyte PermissionType;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int8(ref ResourceType);
            wire.NullableText(ref ResourceName);
            if (wire.Version >= 1)
                wire.Int8(ref PatternType);
            wire.NullableText(ref Principal);
            wire.NullableText(ref Host);
            wire.Int8(ref Operation);
            wire.Int8(ref PermissionType);
            wire.Tags();
        }
    }
}

public sealed class DeleteAclsResponse : IWireItem
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
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
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
