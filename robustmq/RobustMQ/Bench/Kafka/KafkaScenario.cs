using Confluent.Kafka;

namespace RobustMQ.Bench.Kafka;

/// <summary>What is produced, and how.</summary>
internal sealed record KafkaScenario
{
    private static readonly int[] SuiteSizes = [1024, 100];
    private static readonly CompressionType[] SuiteCodecs = [CompressionType.None, CompressionType.Lz4];

    public required int RecordBytes { get; init; }

    public required long Records { get; init; }

    public int Partitions { get; init; } = 1;

    public CompressionType Codec { get; init; } = CompressionType.None;

    public Acks Acks { get; init; } = Acks.All;

    /// <summary>Of the topic: <c>durable</c> or <c>written</c>. Empty: what the broker does by itself.</summary>
    public string Durability { get; init; } = string.Empty;

    public int BatchBytes { get; init; } = 1_000_000;

    public double LingerMs { get; init; } = 5;

    /// <summary>Records of one transaction; 0: none are used.</summary>
    public long TransactionRecords { get; init; }

    /// <summary>What the logs hold beside the records: a control batch for each transaction and partition that it wrote to.</summary>
    public long ControlBatches => TransactionRecords == 0
        ? 0
        : (Records / TransactionRecords * Math.Min(Partitions, TransactionRecords)) + Math.Min(Partitions, Records % TransactionRecords);

    public long Bytes => RecordBytes * Records;

    /// <summary>What a release is measured with: large and small records, plain and compressed, on the device and in the hands of the operating system, over 1 and over 1,000 partitions.</summary>
    public static IReadOnlyList<KafkaScenario> Suite(long mib, IReadOnlyList<string> durabilities) =>
    [
        .. from durability in durabilities
           from size in SuiteSizes
           from codec in SuiteCodecs
           select new KafkaScenario { RecordBytes = size, Records = (mib << 20) / size, Codec = codec, Durability = durability },
        .. durabilities.Select(durability => new KafkaScenario { RecordBytes = 1024, Records = (mib << 20) / 1024, Partitions = 1_000, Durability = durability }),
    ];

    /// <summary>Values in turn: half of each is noise and half a repeated text, so that a codec has about as much to do as with real ones.</summary>
    public byte[][] Values()
    {
        const int Different = 256;
        var random = new Random(20261126);
        var values = new byte[Different][];
        for (var at = 0; at < Different; at++)
        {
            values[at] = new byte[RecordBytes];
            values[at].AsSpan().Fill((byte)('a' + (at % 26)));
            random.NextBytes(values[at].AsSpan(0, RecordBytes / 2));
        }
        return values;
    }
}
