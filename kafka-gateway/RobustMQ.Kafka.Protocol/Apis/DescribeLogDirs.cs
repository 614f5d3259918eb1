using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DescribeLogDirsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeLogDirs, 0, 4, FlexibleFrom: 2);

    public IReadOnlyList<TopicPartitions>? Topics;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.NullableItems(ref Topics);
        wire.Tags();
    }
}

public sealed class DescribeLogDirsResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public IReadOnlyList<Directory> Directories = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        if (wire.Version >= 3)
            wire.Error(ref Error);
        wire.Items(ref Directories);
        wire.Tags();
    }

    public sealed class Directory : IWireItem
    {
        public KafkaError Error;

        public string Path = string.Empty;

        public IReadOnlyList<Topic> Topics = [];

        public long TotalBytes = -1;

        public long UsableBytes = -1;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.Text(ref Path);
            wire.Items(ref Topics);
            if (wire.Version >= 4)
            {
                wire.Int64(ref TotalBytes);
                wire.Int64(ref UsableBytes);
            }
            wire.Tags();
        }
    }

    public sealed class Topic : TopicOf<Partition>;

    public sealed class Partition : IWireItem
    {
        public int Index;

        public long Bytes;

        public long OffsetLag;

        public bool IsFuture;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int32(ref Index);
            wire.Int64(ref Bytes);
            wire.Int64(ref OffsetLag);
            wire.Flag(ref IsFuture);
            wire.Tags();
        }
    }
}
