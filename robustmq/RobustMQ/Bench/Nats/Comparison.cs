using System.Text.Json;
using Spectre.Console;

namespace RobustMQ.Bench.Nats;

/// <summary>Runs each scenario on every server in turn, so that a drift of the machine meets all of them alike, and compares medians with the first server's.</summary>
internal sealed class Comparison(IReadOnlyList<NatsServerAddress> servers, int runs)
{
    private readonly List<Row> _rows = [];

    /// <summary>Some message of some run did not arrive.</summary>
    public bool HasLosses => _rows.Exists(static row => row.Lost > 0);

    public void Run(object scenario, bool showProgress)
    {
        var measures = servers.ToDictionary(static server => server, static _ => new List<Measure>());
        for (var run = 0; run < runs; run++)
        {
            foreach (var server in servers)
                measures[server].Add(RunOnce(server, scenario, showProgress));
        }
        Row? first = null;
        foreach (var server in servers)
        {
            var row = Row.Of(server.Name, measures[server], first);
            first ??= row;
            _rows.Add(row);
        }
    }

    public Table ToTable()
    {
        var table = new Table().AddColumns("scenario", "server", "msgs/s", "spread", "MB/s", "lost", "p50 us", "p99 us", "rate ratio", "p99 ratio");
        foreach (var row in _rows)
        {
            table.AddRow(
                row.Scenario, row.Server, $"{row.Rate:N0}", $"{row.Spread:P0}", $"{row.MegabytesPerSecond:N1}", $"{row.Lost:N0}",
                row.P50Us is { } p50 ? $"{p50:N1}" : "", row.P99Us is { } p99 ? $"{p99:N1}" : "",
                row.RateRatio is { } ratio ? $"{ratio:N2}" : "", row.P99Ratio is { } latency ? $"{latency:N2}" : "");
        }
        return table;
    }

    public void WriteJson(TextWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("runs", runs);
            json.WriteStartArray("results");
            _rows.ForEach(row => row.Write(json));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static Measure RunOnce(NatsServerAddress server, object scenario, bool showProgress)
    {
        switch (scenario)
        {
            case PubSubScenario pubSub:
                var traffic = new PubSubRunner(server, pubSub);
                return Measure.Of(Progressing($"{server.Name} {pubSub.Name}", pubSub.ExpectedDeliveries, () => traffic.Delivered, traffic.Run, showProgress));
            case RequestScenario request:
                var requests = new RequestRunner(server, request);
                return Measure.Of(Progressing($"{server.Name} {request.Name}", request.Requests, () => requests.Answered, requests.Run, showProgress));
            default:
                throw new ArgumentException("no scenario", nameof(scenario));
        }
    }

    private static T Progressing<T>(string title, long expected, Func<long> done, Func<T> run, bool show)
    {
        if (!show || expected == 0)
            return run();
        return AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            var bar = context.AddTask(title, maxValue: expected);
            using var timer = new Timer(_ => bar.Value = done(), null, 200, 200);
            return run();
        });
    }

    private sealed record Measure(string Scenario, string Version, double Rate, double MegabytesPerSecond, long Lost, double? P50Us, double? P99Us)
    {
        public static Measure Of(PubSubResult result) =>
            new(result.Scenario.Name, result.ServerVersion, result.Rate, result.MegabytesPerSecond, result.Lost, null, null);

        public static Measure Of(RequestResult result) =>
            new(result.Scenario.Name, result.ServerVersion, result.Rate, result.Rate * result.Scenario.PayloadBytes / 1e6, result.Lost, result.P50Us, result.P99Us);
    }

    private sealed record Row(
        string Scenario, string Server, string Version, double Rate, double Spread, double MegabytesPerSecond, long Lost,
        double? P50Us, double? P99Us, double? RateRatio, double? P99Ratio)
    {
        public static Row Of(string server, List<Measure> measures, Row? first)
        {
            var rate = Median(measures.ConvertAll(static measure => measure.Rate));
            double? p50 = measures[0].P50Us is null ? null : Median(measures.ConvertAll(static measure => measure.P50Us!.Value));
            double? p99 = measures[0].P99Us is null ? null : Median(measures.ConvertAll(static measure => measure.P99Us!.Value));
            return new Row(
                measures[0].Scenario, server, measures[0].Version, rate,
                (measures.Max(static measure => measure.Rate) - measures.Min(static measure => measure.Rate)) / rate,
                Median(measures.ConvertAll(static measure => measure.MegabytesPerSecond)), measures.Sum(static measure => measure.Lost),
                p50, p99, first is null ? null : rate / first.Rate, first?.P99Us is null ? null : p99 / first.P99Us);
        }

        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("scenario", Scenario);
            json.WriteString("server", Server);
            json.WriteString("server_version", Version);
            json.WriteNumber("messages_per_second", Math.Round(Rate));
            json.WriteNumber("spread", Math.Round(Spread, 3));
            json.WriteNumber("megabytes_per_second", Math.Round(MegabytesPerSecond, 2));
            json.WriteNumber("lost", Lost);
            if (P50Us is { } p50)
                json.WriteNumber("p50_us", p50);
            if (P99Us is { } p99)
                json.WriteNumber("p99_us", p99);
            if (RateRatio is { } ratio)
                json.WriteNumber("rate_ratio", Math.Round(ratio, 3));
            if (P99Ratio is { } latency)
                json.WriteNumber("p99_ratio", Math.Round(latency, 3));
            json.WriteEndObject();
        }

        private static double Median(List<double> values)
        {
            values.Sort();
            return values.Count % 2 == 1 ? values[values.Count / 2] : (values[values.Count / 2 - 1] + values[values.Count / 2]) / 2;
        }
    }
}
