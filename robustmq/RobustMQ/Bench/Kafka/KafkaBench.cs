using Confluent.Kafka;
using RobustMQ.Bench.Storage;
using RobustMQ.Reports;

namespace RobustMQ.Bench.Kafka;

/// <summary>Runs scenarios and the raw file beside them in turn, so that a drift of the machine meets both alike.</summary>
/// <param name="directory">Where the raw file lies: on the disk of the broker that is measured. Null: no raw file.</param>
/// <param name="withCold">Read once more from the device.</param>
/// <param name="serverCpu">Processor time of the broker's processes so far; null where they are not known.</param>
internal sealed class KafkaBench(string server, string? directory, int runs, bool withCold, Func<TimeSpan>? serverCpu)
{
    private const int RawPieceBytes = 1 << 20;

    private readonly Report _rates = new();
    private readonly Report _latencies = new();

    public void Write(bool asJson)
    {
        _rates.Write(asJson);
        _latencies.Write(asJson);
    }

    /// <summary>By librdkafka; by librdkafka into a broker that keeps nothing, which is the most that the load itself reaches here; and by a bare socket, which costs the load nothing.</summary>
    public async Task ProduceAsync(KafkaScenario scenario)
    {
        var (client, sink, wire) = (new Measured(serverCpu), new Measured(null), new Measured(serverCpu));
        var (raw, synced) = (new List<double>(), new Measured(null));
        var missing = 0L;
        for (var run = 0; run < runs; run++)
        {
            raw.Add(RawWriteRate(scenario.Bytes));
            if (scenario.Durability == "durable" && directory is not null)
                synced.Add(scenario.Bytes, () => RawSyncedRate(scenario.Bytes));
            DiskFlush.Run();
            if (scenario.TransactionRecords == 0)
                sink.Add(scenario.Bytes, () => SinkRate(scenario));
            var topic = await BenchTopic.CreateAsync(server, scenario).ConfigureAwait(false);
            await using var gone = topic.ConfigureAwait(false);
            client.Add(scenario.Bytes, () => scenario.Bytes / ProduceRunner.Run(server, topic.Name, scenario));
            missing += scenario.Records + scenario.ControlBatches - await topic.CountAsync().ConfigureAwait(false);
            if (IsForSocket(scenario))
            {
                DiskFlush.Run();
                wire.Add(scenario.Bytes, () => WireProduceRate(topic, scenario));
            }
        }
        Add(scenario.TransactionRecords == 0 ? "produce" : $"produce, {scenario.TransactionRecords:N0} records a transaction", scenario, client, Middle(raw), missing);
        Add("produce into a sink", scenario, sink, Middle(raw), 0);
        Add("produce, bare socket", scenario, wire, Middle(raw), 0);
        Add("raw file, synced at its end", scenario, synced, Middle(raw), 0);
    }

    /// <summary>What was just produced, by librdkafka and by a bare socket, and where wanted once more from the device. Beside it the loopback socket with nothing behind it.</summary>
    public async Task ConsumeAsync(KafkaScenario scenario)
    {
        var (cached, cold, wire, coldWire, loopback) = (new Measured(serverCpu), new Measured(serverCpu), new Measured(serverCpu), new Measured(serverCpu), new Measured(null));
        var raw = new List<double>();
        var topic = await BenchTopic.CreateAsync(server, scenario).ConfigureAwait(false);
        await using var gone = topic.ConfigureAwait(false);
        ProduceRunner.Run(server, topic.Name, scenario);
        for (var run = 0; run < runs; run++)
        {
            raw.Add(RawReadRate(scenario.Bytes));
            cached.Add(scenario.Bytes, () => scenario.Bytes / ConsumeRunner.Run(server, topic, scenario.Records));
            if (IsForSocket(scenario))
            {
                wire.Add(scenario.Bytes, () => WireFetchRate(topic, scenario));
                loopback.Add(scenario.Bytes, () => Loopback.Rate(scenario.Bytes));
            }
            if (withCold && PageCache.TryDrop())
                cold.Add(scenario.Bytes, () => scenario.Bytes / ConsumeRunner.Run(server, topic, scenario.Records));
            if (withCold && IsForSocket(scenario) && PageCache.TryDrop())
                coldWire.Add(scenario.Bytes, () => WireFetchRate(topic, scenario));
        }
        Add("consume, cached", scenario, cached, Middle(raw), 0);
        Add("consume, page cache dropped", scenario, cold, Middle(raw), 0);
        Add("fetch, bare socket", scenario, wire, Middle(raw), 0);
        Add("fetch, bare socket, page cache dropped", scenario, coldWire, Middle(raw), 0);
        Add("loopback socket alone", scenario, loopback, Middle(raw), 0);
    }

    public async Task LatencyAsync(KafkaScenario scenario, double perSecond)
    {
        var topic = await BenchTopic.CreateAsync(server, scenario).ConfigureAwait(false);
        await using var gone = topic.ConfigureAwait(false);
        var (p50, p99, max) = LatencyRunner.Run(server, topic, scenario, perSecond);
        _latencies.Add(
            Report.Cell.Of("scenario", $"latency at {perSecond:N0}/s"), Report.Cell.Of("durability", Shown(scenario)), Report.Cell.Of("record_bytes", scenario.RecordBytes, "N0"),
            Report.Cell.Of("p50_us", p50, "N0"), Report.Cell.Of("p99_us", p99, "N0"), Report.Cell.Of("max_us", max, "N0"));
    }

    private void Add(string name, KafkaScenario scenario, Measured measured, double raw, long missing)
    {
        if (measured.IsEmpty)
            return;
        _rates.Add(
            Report.Cell.Of("scenario", name),
            Report.Cell.Of("durability", Shown(scenario)),
            Report.Cell.Of("record_bytes", scenario.RecordBytes, "N0"),
            Report.Cell.Of("codec", $"{scenario.Codec}".ToLowerInvariant()),
            Report.Cell.Of("partitions", scenario.Partitions, "N0"),
            Report.Cell.Of("records_per_s", measured.Rate / scenario.RecordBytes, "N0"),
            Report.Cell.Of("MB_per_s", measured.Rate / 1e6, "N1"),
            Report.Cell.Of("raw_file_MB_per_s", raw / 1e6, "N1"),
            Report.Cell.Of("of_raw", raw == 0 ? 0 : measured.Rate / raw, "P0"),
            Report.Cell.Of("broker_cpu_s_per_GB", measured.CpuPerByte * 1e9, "N2"),
            Report.Cell.Of("missing", missing, "N0"));
    }

    /// <summary>A bare socket sends batches as they are, and knows no transactions.</summary>
    private static bool IsForSocket(KafkaScenario scenario) => scenario is { Codec: CompressionType.None, TransactionRecords: 0 };

    private static double SinkRate(KafkaScenario scenario)
    {
        using var sink = new SinkBroker(scenario.Partitions);
        return scenario.Bytes / ProduceRunner.Run(sink.Address, "sink", scenario);
    }

    private double WireProduceRate(BenchTopic topic, KafkaScenario scenario)
    {
        using var produce = new WireProduceRunner(server, topic.Name);
        return produce.Run(scenario);
    }

    private double WireFetchRate(BenchTopic topic, KafkaScenario scenario)
    {
        using var fetch = new WireFetchRunner(server, topic.Name, scenario.Partitions);
        return fetch.Run(scenario.Records);
    }

    private double RawWriteRate(long bytes) => WithRawFile(bytes, static (file, piece, count) => file.WriteRate(piece, count));

    private double RawSyncedRate(long bytes) => WithRawFile(bytes, static (file, piece, count) => file.SyncedWriteRate(piece, count));

    private double RawReadRate(long bytes) => WithRawFile(bytes, static (file, piece, count) =>
    {
        file.WriteRate(piece, count);
        return file.ReadRate();
    });

    private double WithRawFile(long bytes, Func<RawFile, byte[], int, double> rate)
    {
        if (directory is null)
            return 0;
        var file = new RawFile(directory);
        var piece = new byte[RawPieceBytes];
        new Random(1).NextBytes(piece);
        var result = rate(file, piece, (int)Math.Max(1, bytes / RawPieceBytes));
        file.Delete();
        return result;
    }

    private static string Shown(KafkaScenario scenario) => scenario.Durability.Length == 0 ? "broker's own" : scenario.Durability;

    private static double Middle(List<double> runs) => Median.Of(runs, static run => run);
}
