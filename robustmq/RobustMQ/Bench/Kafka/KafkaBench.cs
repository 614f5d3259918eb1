using RobustMQ.Bench.Storage;
using RobustMQ.Reports;

namespace RobustMQ.Bench.Kafka;

/// <summary>Runs scenarios and the raw file beside them in turn, so that a drift of the machine meets both alike.</summary>
/// <param name="directory">Where the raw file lies: on the disk of the broker that is measured. Null: no raw file.</param>
/// <param name="withCold">Read once more from the device.</param>
internal sealed class KafkaBench(string server, string? directory, int runs, bool withCold)
{
    private const int RawPieceBytes = 1 << 20;

    private readonly Report _rates = new();
    private readonly Report _latencies = new();

    public void Write(bool asJson)
    {
        _rates.Write(asJson);
        _latencies.Write(asJson);
    }

    public async Task ProduceAsync(KafkaScenario scenario)
    {
        var (rates, raw, missing) = (new List<double>(), new List<double>(), 0L);
        for (var run = 0; run < runs; run++)
        {
            raw.Add(RawWriteRate(scenario.Bytes));
            DiskFlush.Run();
            using var topic = await BenchTopic.CreateAsync(server, scenario).ConfigureAwait(false);
            rates.Add(scenario.Bytes / ProduceRunner.Run(server, topic, scenario));
            missing += scenario.Records - await topic.CountAsync().ConfigureAwait(false);
        }
        Add("produce", scenario, Middle(rates), Middle(raw), missing);
    }

    /// <summary>What was just produced, by librdkafka and by a bare socket, and where wanted once more from the device.</summary>
    public async Task ConsumeAsync(KafkaScenario scenario)
    {
        var (cached, cold, wire, raw) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        using var topic = await BenchTopic.CreateAsync(server, scenario).ConfigureAwait(false);
        ProduceRunner.Run(server, topic, scenario);
        for (var run = 0; run < runs; run++)
        {
            raw.Add(RawReadRate(scenario.Bytes));
            cached.Add(scenario.Bytes / ConsumeRunner.Run(server, topic, scenario.Records));
            if (scenario.Partitions == 1)
                wire.Add(WireRate(topic, scenario));
            if (withCold && PageCache.TryDrop())
                cold.Add(scenario.Bytes / ConsumeRunner.Run(server, topic, scenario.Records));
        }
        Add("consume, cached", scenario, Middle(cached), Middle(raw), 0);
        if (cold.Count > 0)
            Add("consume, page cache dropped", scenario, Middle(cold), Middle(raw), 0);
        if (wire.Count > 0)
            Add("fetch, bare socket", scenario, Middle(wire), Middle(raw), 0);
    }

    public async Task LatencyAsync(KafkaScenario scenario, double perSecond)
    {
        using var topic = await BenchTopic.CreateAsync(server, scenario).ConfigureAwait(false);
        var (p50, p99, max) = LatencyRunner.Run(server, topic, scenario, perSecond);
        _latencies.Add(
            Report.Cell.Of("scenario", $"latency at {perSecond:N0}/s"), Report.Cell.Of("durability", Shown(scenario)), Report.Cell.Of("record_bytes", scenario.RecordBytes, "N0"),
            Report.Cell.Of("p50_us", p50, "N0"), Report.Cell.Of("p99_us", p99, "N0"), Report.Cell.Of("max_us", max, "N0"));
    }

    private void Add(string name, KafkaScenario scenario, double rate, double raw, long missing) => _rates.Add(
        Report.Cell.Of("scenario", name),
        Report.Cell.Of("durability", Shown(scenario)),
        Report.Cell.Of("record_bytes", scenario.RecordBytes, "N0"),
        Report.Cell.Of("codec", $"{scenario.Codec}".ToLowerInvariant()),
        Report.Cell.Of("partitions", scenario.Partitions, "N0"),
        Report.Cell.Of("records_per_s", rate / scenario.RecordBytes, "N0"),
        Report.Cell.Of("MB_per_s", rate / 1e6, "N1"),
        Report.Cell.Of("raw_file_MB_per_s", raw / 1e6, "N1"),
        Report.Cell.Of("of_raw", raw == 0 ? 0 : rate / raw, "P0"),
        Report.Cell.Of("missing", missing, "N0"));

    private double WireRate(BenchTopic topic, KafkaScenario scenario)
    {
        using var fetch = new WireFetchRunner(server, topic.Name);
        return fetch.Run(scenario.Records);
    }

    private double RawWriteRate(long bytes) => WithRawFile(bytes, static (_, written) => written);

    private double RawReadRate(long bytes) => WithRawFile(bytes, static (file, _) => file.ReadRate());

    private double WithRawFile(long bytes, Func<RawFile, double, double> rate)
    {
        if (directory is null)
            return 0;
        var file = new RawFile(directory);
        var piece = new byte[RawPieceBytes];
        new Random(1).NextBytes(piece);
        var result = rate(file, file.WriteRate(piece, (int)Math.Max(1, bytes / RawPieceBytes)));
        file.Delete();
        return result;
    }

    private static string Shown(KafkaScenario scenario) => scenario.Durability.Length == 0 ? "broker's own" : scenario.Durability;

    private static double Middle(List<double> runs) => Median.Of(runs, static run => run);
}
