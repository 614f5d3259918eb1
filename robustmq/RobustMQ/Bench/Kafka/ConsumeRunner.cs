using System.Diagnostics;
using Confluent.Kafka;

namespace RobustMQ.Bench.Kafka;

/// <summary>Reads a topic from its beginning to its end with librdkafka.</summary>
internal static class ConsumeRunner
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>Seconds from the first record to the last.</returns>
    public static double Run(string server, BenchTopic topic, long records)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = server,
            GroupId = "bench",
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            CheckCrcs = false,
            FetchWaitMaxMs = 100,
            QueuedMinMessages = 1_000_000,
            QueuedMaxMessagesKbytes = 256 << 10,
            MaxPartitionFetchBytes = 8 << 20,
            FetchMaxBytes = 32 << 20,
        };
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler(static (_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, topic.Partitions).Select(partition => new TopicPartitionOffset(topic.Name, partition, Offset.Beginning)));
        Take(consumer);
        var watch = Stopwatch.StartNew();
        for (var read = 1L; read < records; read++)
            Take(consumer);
        return watch.Elapsed.TotalSeconds;
    }

    private static void Take(IConsumer<Ignore, Ignore> consumer)
    {
        if (consumer.Consume(Patience) is null)
            throw new IOException("the broker does not hand out what it has stored");
    }
}
