using System.Diagnostics;
using Confluent.Kafka;
using HdrHistogram;
using RobustMQ.Bench.Nats;

namespace RobustMQ.Bench.Kafka;

/// <summary>End to end: from handing a record to a producer until a consumer that waits for it has it, at a fixed rate.</summary>
internal static class LatencyRunner
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>Percentiles in microseconds.</returns>
    public static (double P50, double P99, double Max) Run(string server, BenchTopic topic, KafkaScenario scenario, double perSecond)
    {
        var log = new TopicPartition(topic.Name, 0);
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = server, GroupId = "bench", EnableAutoCommit = false, FetchWaitMaxMs = 100 })
            .SetLogHandler(static (_, _) => { }).Build();
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = server, Acks = scenario.Acks, LingerMs = 0 })
            .SetLogHandler(static (_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(log, Offset.Beginning));
        // The first records open connections and compile what is to be measured.
        for (var warm = 0; warm < 100; warm++)
        {
            producer.Produce(log, new Message<Null, byte[]> { Value = new byte[scenario.RecordBytes] });
            Take(consumer);
        }

        var histogram = new LongHistogram(TimeSpan.TicksPerMinute, 3);
        var sending = LoadThread.Start(() => Send(producer, log, scenario, perSecond));
        for (var read = 0L; read < scenario.Records; read++)
            histogram.RecordValue(Math.Max(1, Stopwatch.GetElapsedTime(BitConverter.ToInt64(Take(consumer))).Ticks));
        sending.Join();
        double Us(double percentile) => histogram.GetValueAtPercentile(percentile) / (double)TimeSpan.TicksPerMicrosecond;
        return (Us(50), Us(99), Us(100));
    }

    private static void Send(IProducer<Null, byte[]> producer, TopicPartition log, KafkaScenario scenario, double perSecond)
    {
        var pace = new Pace(perSecond);
        for (var sent = 0L; sent < scenario.Records; sent++)
        {
            pace.WaitFor(sent);
            var value = new byte[scenario.RecordBytes];
            BitConverter.TryWriteBytes(value, Stopwatch.GetTimestamp());
            producer.Produce(log, new Message<Null, byte[]> { Value = value });
        }
        producer.Flush(Patience);
    }

    private static byte[] Take(IConsumer<Ignore, byte[]> consumer) => consumer.Consume(Patience)?.Message.Value ?? throw new IOException("a record does not arrive");
}
