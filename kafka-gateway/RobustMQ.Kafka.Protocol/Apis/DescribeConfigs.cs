using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Resource types: 2 a topic, 4 a broker.</summary>
public sealed class DescribeConfigsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeConfigs, 0, 4, FlexibleFrom: 4);

    public IReadOnlyList<Resource> Resources = [];

    public bool IncludeSynonyms;

    public bool IncludeDocumentation;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Resources);
        if (wire.Version >= 1)
            wire.Flag(ref IncludeSynonyms);
        if (wire.Version >= 3)
            wire.Flag(ref IncludeDocumentation);
        wire.Tags();
    }

    public sealed class Resource : IWireItem
    {
        public sbyte Type;

        public string Name = string.Empty;

        /// <summary>Null: all.</summary>
        public IReadOnlyList<string>? Keys;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int8(ref Type);
            wire.Text(ref Name);
            wire.NullableTexts(ref Keys);
            wire.Tags();
        }
    }
}

public sealed class DescribeConfigsResponse : ThrottledResponse, IWireItem
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

        public IReadOnlyList<Config> Configs = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Int8(ref ResourceType);
            wire.Text(ref ResourceName);
            wire.Items(ref Configs);
            wire.Tags();
        }
    }

    public sealed class Config : IWireItem
    {
        public string Name = string.Empty;

        public string? Value;

        public bool IsReadOnly;

        public bool IsDefault;

        public sbyte Source;

        public bool IsSensitive;

        public IReadOnlyList<Synonym> Synonyms = [];

        public sbyte Type;

        public string? Documentation;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.NullableText(ref Value);
            wire.Flag(ref IsReadOnly);
            if (wire.Version == 0)
                wire.Flag(ref IsDefault);
            if (wire.Version >= 1)
                wire.Int8(ref Source);
            wire.Flag(ref IsSensitive);
            if (wire.Version >= 1)
                wire.Items(ref Synonyms);
            if (wire.Version >= 3)
            {
                wire.Int8(ref Type);
                wire.NullableText(ref Documentation);
            }
            wire.Tags();
        }
    }

    public sealed class Synonym : IWireItem
    {
        public string Name = string.Empty;

        public string? Value;

        public sbyte Source;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.NullableText(ref Value);
            wire.Int8(ref Source);
            wire.Tags();
        }
    }
}
