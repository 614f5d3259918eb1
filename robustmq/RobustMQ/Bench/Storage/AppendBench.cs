using RobustMQ.Reports;

namespace RobustMQ.Bench.Storage;

/// <summary>Appends beside raw writes of the same bytes: they take turns, so that a drift of the machine meets both alike.</summary>
internal sealed class AppendBench(StorageTarget target, int runs)
{
    private readonly Report _report = new();

    public async Task RunAsync(IEnumerable<AppendScenario> scenarios)
    {
        foreach (var scenario in scenarios)
            await RunAsync(scenario).ConfigureAwait(false);
    }

    public void Write(bool asJson) => _report.Write(asJson);

    private async Task RunAsync(AppendScenario scenario)
    {
        var piece = BenchBatch.Build(scenario.BatchRecords, scenario.RecordBytes);
        var raw = new List<double>();
        var appends = new List<AppendRun>();
        for (var run = 0; run < runs; run++)
        {
            if (target.DataDirectory is { } directory)
            {
                var file = new RawFile(directory);
                raw.Add(file.WriteRate(piece, scenario.Batches));
                file.Delete();
            }
            DiskFlush.Run();
            appends.Add(await new AppendRunner(target.Address, scenario, () => target.ProcessorTime).RunAsync().ConfigureAwait(false));
        }
        Add(scenario, appends, raw);
    }

    private void Add(AppendScenario scenario, List<AppendRun> appends, List<double> raw)
    {
        var rate = Median.Of(appends, static run => run.ByteRate);
        var rawRate = raw.Count == 0 ? 0 : Median.Of(raw, static run => run);
        _report.Add(
            Report.Cell.Of("engine", $"{scenario.Engine}".ToLowerInvariant()),
            Report.Cell.Of("durability", $"{scenario.Durability}".ToLowerInvariant()),
            Report.Cell.Of("producers", scenario.Producers, "N0"),
            Report.Cell.Of("logs", scenario.Logs, "N0"),
            Report.Cell.Of("records_per_s", Median.Of(appends, static run => run.RecordRate), "N0"),
            Report.Cell.Of("MB_per_s", rate / 1e6, "N1"),
            Report.Cell.Of("raw_write_MB_per_s", rawRate / 1e6, "N1"),
            Report.Cell.Of("of_raw", rawRate == 0 ? 0 : rate / rawRate, "P0"),
            Report.Cell.Of("spread", (appends.Max(static run => run.ByteRate) - appends.Min(static run => run.ByteRate)) / rate, "P0"),
            Report.Cell.Of("syncs_per_million", Median.Of(appends, static run => run.SyncsPerMillion), "N0"),
            Report.Cell.Of("p50_us", Median.Of(appends, static run => run.P50Us), "N0"),
            Report.Cell.Of("p99_us", Median.Of(appends, static run => run.P99Us), "N0"),
            Report.Cell.Of("node_cpu", Median.Of(appends, static run => run.ProcessorSeconds / run.Seconds), "N2"));
    }
}
