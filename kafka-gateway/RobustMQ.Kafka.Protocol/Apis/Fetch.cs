using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Reads record batches, and waits for them. Topics go by name up to version 12, by id from 13 on.</summary>
public sealed class FetchRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.Fetch, 0, 17, FlexibleFrom: 12);

    public int ReplicaId = -1;

    public int MaxWaitMs;

    public int MinBytes;

    public int MaxBytes = int.MaxValue;

    public sbyte IsolationLevel;

    public int SessionId;

    public int SessionEpoch = -1;

    public IReadOnlyList<Topic> Topics = [];

    public IReadOnlyList<ForgottenTopic> Forgotten = [];

    public string RackId = string.Empty;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version <= 14)
            wire.Int32(ref ReplicaId);
        wire.Int32(ref MaxWaitMs);
        wire.Int32(ref MinBytes);
        if (wire.Version >= 3)
            wire.Int32(ref MaxBytes);
        if (wire.Version >= 4)
            wire.Int8(ref IsolationLevel);
        if (wire.Version >= 7)
        {
            wire.Int32(ref SessionId);
            wire.Int32(ref SessionEpoch);
        }
        wire.Items(ref Topics);
        if (wire.Version >= 7)
            wire.Items(ref Forgotten);
        if (wire.Version >= 11)
            wire.Text(ref RackId);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public string Name = string.Empty;

        public Guid TopicId;

        public IReadOnlyList<Partition> Partitions = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            if (wire.Version <= 12)
                wire.Text(ref Name);
            if (wire.Version >= 13)
                wire.Uuid(ref TopicId);
            wire.Items(ref Partitions);
            wire.Tags();
        }
    }

    public sealed class Partition : IWireItem
    {
        public int Index;

        public int CurrentLeaderEpoch = -1;

        public long FetchOffset;

        public int LastFetchedEpoch = -1;

        public long LogStartOffset = -1;

        public int MaxBytes;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            if (wire.Version >= 9)
                wire.Int32(ref CurrentLeaderEpoch);
            wire.Int64(ref FetchOffset);
            if (wire.Version >= 12)
                wire.Int32(ref LastFetchedEpoch);
            if (wire.Version >= 5)
                wire.Int64(ref LogStartOffset);
            wire.Int32(ref MaxBytes);
            wire.Tags();
        }
    }

    public sealed class ForgottenTopic : IWireItem
    {
        public string Name = string.Empty;

        public Guid TopicId;

        public IReadOnlyList<int> Partitions = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            if (wire.Version <= 12)
                wire.Text(ref Name);
            if (wire.Version >= 13)
                wire.Uuid(ref TopicId);
            wire.Int32s(ref Partitions);
            wire.Tags();
        }
    }
}

public sealed class FetchResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public int SessionId;

    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        if (wire.Version >= 7)
        {
            wire.Error(ref Error);
            wire.Int32(ref SessionId);
        }
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : IWireItem
    {
        public string Name = string.Empty;

        public Guid TopicId;

        public IReadOnlyList<Partition> Partitions = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            if (wire.Version <= 12)
                wire.Text(ref Name);
            if (wire.Version >= 13)
                wire.Uuid(ref TopicId);
            wire.Items(ref Partitions);
            wire.Tags();
        }
    }

    public sealed class Partition : IWireItem
    {
        public int Index;

        public KafkaError Error;

        public long HighWatermark = -1;

        public long LastStableOffset = -1;

        public long LogStartOffset = -1;

        public IReadOnlyList<AbortedTransaction>? AbortedTransactions;

        public int PreferredReadReplica = -1;

        public ReadOnlyMemory<byte>? Records;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Error(ref Error);
            wire.Int64(ref HighWatermark);
            if (wire.Version >= 4)
                wire.Int64(ref LastStableOffset);
            if (wire.Version >= 5)
                wire.Int64(ref LogStartOffset);
            if (wire.Version >= 4)
                wire.NullableItems(ref AbortedTransactions);
            if (wire.Version >= 11)
                wire.Int32(ref PreferredReadReplica);
            wire.NullableBytes(ref Records);
            wire.Tags();
        }
    }

    public sealed class AbortedTransaction : IWireItem
    {
        public long ProducerId;

        public long FirstOffset;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int64(ref ProducerId);
            wire.Int64(ref FirstOffset);
            wire.Tags();
        }
    }
}
