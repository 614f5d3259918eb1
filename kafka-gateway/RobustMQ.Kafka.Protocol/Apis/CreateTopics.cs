using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class CreateTopicsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.CreateTopics, 0, 7, FlexibleFrom: 5);

    public IReadOnlyList<Topic> Topics = [];

    public int TimeoutMs;

    public bool ValidateOnly;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Topics);
        wire.Int32(ref TimeoutMs);
        if (wire.Version >= 1)
            wire.Flag(ref ValidateOnly);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public string Name = string.Empty;

        /// <summary>-1: the broker's default.</summary>
        public int Partitions;

        public short ReplicationFactor;

        public IReadOnlyList<Assignment> Assignments = [];

        public IReadOnlyList<Config> Configs = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.Int32(ref Partitions);
            wire.Int16(ref ReplicationFactor);
            wire.Items(ref Assignments);
            wire.Items(ref Configs);
            wire.Tags();
        }
    }

    public sealed class Assignment : IWireItem
    {
        public int Partition;

        public IReadOnlyList<int> BrokerIds = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Partition);
            wire.Int32s(ref BrokerIds);
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

public sealed class CreateTopicsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 2)
            wire.Int32(ref ThrottleMs);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public string Name = string.Empty;

        public Guid TopicId;

        public KafkaError Error;

        public string? ErrorMessage;

        public int Partitions = -1;

        public short ReplicationFactor = -1;

        public IReadOnlyList<Config>? Configs;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            if (wire.Version >= 7)
                wire.Uuid(ref TopicId);
            wire.Error(ref Error);
            if (wire.Version >= 1)
                wire.NullableText(ref ErrorMessage);
            if (wire.Version >= 5)
            {
                wire.Int32(ref Partitions);
                wire.Int16(ref ReplicationFactor);
                wire.NullableItems(ref Configs);
            }
            wire.Tags();
        }
    }

    public sealed class Config : IWireItem
    {
        public string Name = string.Empty;

        public string? Value;

        public bool IsReadOnly;

        public sbyte Source;

        public bool IsSensitive;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.NullableText(ref Value);
            wire.Flag(ref IsReadOnly);
            wire.Int8(ref Source);
            wire.Flag(ref IsSensitive);
            wire.Tags();
        }
    }
}
