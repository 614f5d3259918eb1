using System.Diagnostics;
using Confluent.Kafka;

namespace RobustMQ.Bench.Kafka;

/// <summary>Hands librdkafka records as fast as it takes them, until the broker has acknowledged the last.</summary>
internal static class ProduceRunner
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>Seconds from the first record to the last acknowledgement.</returns>
    public static double Run(string server, string topic, KafkaScenario scenario)
    {
        var failure = default(Error);
        var config = new ProducerConfig
        {
            BootstrapServers = server,
            Acks = scenario.Acks,
            CompressionType = scenario.Codec,
            LingerMs = scenario.LingerMs,
            BatchSize = scenario.BatchBytes,
            BatchNumMessages = 1_000_000,
            MessageMaxBytes = scenario.BatchBytes + 1_000,
            QueueBufferingMaxMessages = 1_000_000,
            QueueBufferingMaxKbytes = 256 << 10,
            // A report for every record would be most of what is measured: what is missing at the end is found by the partitions' ends.
            EnableDeliveryReports = false,
            TransactionalId = scenario.TransactionRecords > 0 ? topic : null,
        };
        using var producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler(static (_, _) => { })
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal)
                    failure = error;
            }).Build();
        var values = scenario.Values();
        var targets = Enumerable.Range(0, scenario.Partitions).Select(partition => new TopicPartition(topic, partition)).ToArray();
        var message = new Message<Null, byte[]>();
        if (scenario.TransactionRecords > 0)
            producer.InitTransactions(Patience);
        var watch = Stopwatch.StartNew();
        for (var record = 0L; record < scenario.Records; record++)
        {
            if (scenario.TransactionRecords > 0 && record % scenario.TransactionRecords == 0)
                BeginNext(producer, isFirst: record == 0);
            message.Value = values[record % values.Length];
            var target = targets[record % targets.Length];
            while (!TryProduce(producer, target, message))
                producer.Poll(TimeSpan.FromMilliseconds(1));
        }
        var left = producer.Flush(Patience);
        if (scenario.TransactionRecords > 0)
            producer.CommitTransaction(Patience);
        watch.Stop();
        if (left > 0 || failure is not null)
            throw new IOException($"{left} records were not acknowledged{(failure is null ? string.Empty : $": {failure.Reason}")}");
        return watch.Elapsed.TotalSeconds;
    }

    private static void BeginNext(IProducer<Null, byte[]> producer, bool isFirst)
    {
        if (!isFirst)
            producer.CommitTransaction(Patience);
        producer.BeginTransaction();
    }

    private static bool TryProduce(IProducer<Null, byte[]> producer, TopicPartition target, Message<Null, byte[]> message)
    {
        try
        {
            producer.Produce(target, message);
            return true;
        }
        catch (ProduceException<Null, byte[]> error) when (error.Error.Code == ErrorCode.Local_QueueFull)
        {
            return false;
        }
    }
}
