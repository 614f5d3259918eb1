using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Brokers and topics. No topics: all of them, except that version 0 says so with an empty list.</summary>
public sealed class MetadataRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.Metadata, 0, 12, FlexibleFrom: 9);

    public IReadOnlyList<Topic>? Topics;

    public bool AllowAutoTopicCreation = true;

    public bool IncludeClusterAuthorizedOperations;

    public bool IncludeTopicAuthorizedOperations;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.NullableItems(ref Topics);
        if (wire.Version >= 4)
            wire.Flag(ref AllowAutoTopicCreation);
        if (wire.Version is >= 8 and <= 10)
            wire.Flag(ref IncludeClusterAuthorizedOperations);
        if (wire.Version >= 8)
            wire.Flag(ref IncludeTopicAuthorizedOperations);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public Guid TopicId;

        public string? Name;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            if (wire.Version >= 10)
                wire.Uuid(ref TopicId);
            wire.NullableText(ref Name);
            wire.Tags();
        }
    }
}

public sealed class MetadataResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Broker> Brokers = [];

    public string? ClusterId;

    public int ControllerId = -1;

    public IReadOnlyList<Topic> Topics = [];

    public int ClusterAuthorizedOperations = int.MinValue;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 3)
            wire.Int32(ref ThrottleMs);
        wire.Items(ref Brokers);
        if (wire.Version >= 2)
            wire.NullableText(ref ClusterId);
        if (wire.Version >= 1)
            wire.Int32(ref ControllerId);
        wire.Items(ref Topics);
        if (wire.Version is >= 8 and <= 10)
            wire.Int32(ref ClusterAuthorizedOperations);
        wire.Tags();
    }

    public sealed class Broker : IWireItem
    {
        public int NodeId;

        public string Host = string.Empty;

        public int Port;

        public string? Rack;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref NodeId);
            wire.Text(ref Host);
            wire.Int32(ref Port);
            if (wire.Version >= 1)
                wire.NullableText(ref Rack);
            wire.Tags();
        }
    }

    public sealed class Topic : IWireItem
    {
        public KafkaError Error;

        public string? Name;

        public Guid TopicId;

        public bool IsInternal;

        public IReadOnlyList<Partition> Partitions = [];

        public int AuthorizedOperations = int.MinValue;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.NullableText(ref Name);
            if (wire.Version >= 10)
                wire.Uuid(ref TopicId);
            if (wire.Version >= 1)
                wire.Flag(ref IsInternal);
            wire.Items(ref Partitions);
            if (wire.Version >= 8)
                wire.Int32(ref AuthorizedOperations);
            wire.Tags();
        }
    }

    public sealed class Partition : IWireItem
    {
        public KafkaError Error;

        public int Index;

        public int LeaderId;

        public int LeaderEpoch = -1;

        public IReadOnlyList<int> Replicas = [];

        public IReadOnlyList<int> InSyncReplicas = [];

        public IReadOnlyList<int> OfflineReplicas = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.Int32(ref Index);
            wire.Int32(ref LeaderId);
            if (wire.Version >= 7)
                wire.Int32(ref LeaderEpoch);
            wire.Int32s(ref Replicas);
            wire.Int32s(ref InSyncReplicas);
            if (wire.Version >= 5)
                wire.Int32s(ref OfflineReplicas);
            wire.Tags();
        }
    }
}
