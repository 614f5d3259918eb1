using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Operations: 0 set, 1 back to the default, 2 append to a list, 3 take from a list.</summary>
public sealed class IncrementalAlterConfigsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.IncrementalAlterConfigs, 0, 1, FlexibleFrom: 1);

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

        public sbyte Operation;

        public string? Value;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.Int8(ref Operation);
            wire.NullableText(ref Value);
            wire.Tags();
        }
    }
}

public sealed class IncrementalAlterConfigsResponse : AlterConfigsResponse;
