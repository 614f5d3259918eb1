using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Appends record batches. Before version 3 the records are message sets of magic 0 or 1.</summary>
public sealed class ProduceRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.Produce, 0, 11, FlexibleFrom: 9);

    public string? TransactionalId;

    /// <summary>0: no answer; 1: written; -1: stored as safely as the topic says.</summary>
    public short Acks;

    public int TimeoutMs;

    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        if (wire.Version >= 3)
            wire.NullableText(ref TransactionalId);
        wire.Int16(ref Acks);
        wire.Int32(ref TimeoutMs);
        wire.Items(ref Topics);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public ReadOnlyMemory<byte>? Records;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.NullableBytes(ref Records);
            wire.Tags();
        }
    }
}

public sealed class ProduceResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Topic> Topics = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Topics);
        if (wire.Version >= 1)
            wire.Int32(ref ThrottleMs);
        wire.Tags();
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public KafkaError Error;

        public long BaseOffset = -1;

        public long LogAppendTimeMs = -1;

        public long LogStartOffset = -1;

        public IReadOnlyList<RecordError> RecordErrors = [];

        public string? ErrorMessage;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Error(ref Error);
            wire.Int64(ref BaseOffset);
            if (wire.Version >= 2)
                wire.Int64(ref LogAppendTimeMs);
            if (wire.Version >= 5)
                wire.Int64(ref LogStartOffset);
            if (wire.Version >= 8)
            {
                wire.Items(ref RecordErrors);
                wire.NullableText(ref ErrorMessage);
            }
            wire.Tags();
        }
    }

    public sealed class RecordError : IWireItem
    {
        public int BatchIndex;

        public string? Message;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref BatchIndex);
            wire.NullableText(ref Message);
            wire.Tags();
        }
    }
}
