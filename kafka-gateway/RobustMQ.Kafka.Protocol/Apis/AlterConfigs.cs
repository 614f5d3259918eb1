using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Replaces all configs of a resource.</summary>
public sealed class AlterConfigsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.AlterConfigs, 0, 2, FlexibleFrom: 2);

    public IReadOnlyList<Resource> Resources = [];

    public bool ValidateOnly;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Resources);
        wire.Flag(ref ValidateOnly);
        wire.Tags();
    }

    public sealed class Resource : IWireItem
    {
        public sbyte Type;

        public string Name = string.Empty;

        public IReadOnlyList<Config> Configs = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int8(ref Type);
            wire.Text(ref Name);
            wire.Items(ref Configs);
            wire.Tags();
        }
    }

    public sealed class Config : IWireItem
    {
        public string Name = string.Empty;

        public string? Value;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.NullableText(ref Value);
            wire.Tags();
        }
    }
}

/// <summary>Of both ways to alter configs.</summary>
public class AlterConfigsResponse : ThrottledResponse, IWireItem
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

        public sbyte ResourceType;

        public string ResourceName = string.Empty;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Int8(ref ResourceType);
            wire.Text(ref ResourceName);
            wire.Tags();
        }
    }
}
