using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace RobustMQ.Bench.Mqtt;

/// <summary><c>robustmq bench mqtt pubsub|suite</c>: loads any MQTT broker; with several, every run alternates between them and they are compared with the first.</summary>
internal static class MqttBenchCommand
{
    private static readonly Option<string[]> Server = new("--server", "-s")
    {
        Description = "[name=]mqtt://[user:password@]host:port; several are run in turn and compared with the first",
        DefaultValueFactory = static _ => ["mqtt://127.0.0.1:1883"],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Size = new("--size") { Description = "payload, bytes", DefaultValueFactory = static _ => 16 };
    private static readonly Option<long> Count = new("--count") { Description = "messages over all publishers", DefaultValueFactory = static _ => 500_000L };
    private static readonly Option<int> Pubs = new("--pubs") { Description = "publishing connections", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> Subs = new("--subs") { Description = "subscribing connections", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> Qos = new("--qos") { Description = "0 or 1, both ways", DefaultValueFactory = static _ => 0 };
    private static readonly Option<int> InFlight = new("--in-flight") { Description = "unacknowledged publishes of one publisher at QoS 1", DefaultValueFactory = static _ => 100 };
    private static readonly Option<int> Others = new("--other-filters") { Description = "filters that another client has and that do not match" };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> Timeout = new("--timeout") { Description = "seconds that one run may take", DefaultValueFactory = static _ => 60 };
    private static readonly Option<bool> Json = new("--json") { Description = "print one JSON array instead of a table" };

    public static Command Create() => new("mqtt", "Measure any MQTT broker")
    {
        Scenarios("pubsub", "Every subscriber gets every message", static parse =>
        [
            new MqttScenario
            {
                Name = "pubsub", Publishers = parse.GetValue(Pubs), Subscribers = parse.GetValue(Subs), PayloadBytes = parse.GetValue(Size), Messages = parse.GetValue(Count),
                Qos = (byte)Math.Clamp(parse.GetValue(Qos), 0, 1), InFlight = parse.GetValue(InFlight), OtherSubscriptions = parse.GetValue(Others),
            }
        ], Size, Count, Pubs, Subs, Qos, InFlight, Others),
        Scenarios("suite", "The scenarios that a release is measured with", static parse => MqttScenario.Suite(parse.GetValue(Count)), Count),
    };

    private static Command Scenarios(string name, string description, Func<ParseResult, IReadOnlyList<MqttScenario>> scenarios, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options.Concat([Server, Runs, Timeout, Json]))
            command.Options.Add(option);
        command.SetAction(parse =>
        {
            var servers = parse.GetValue(Server)!.Select(MqttServerAddress.Parse).ToList();
            var timeout = TimeSpan.FromSeconds(parse.GetValue(Timeout));
            var rows = new List<Row>();
            try
            {
                foreach (var scenario in scenarios(parse))
                    rows.AddRange(Compare(servers, scenario with { Timeout = timeout }, parse.GetValue(Runs)));
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
            {
                Console.Error.WriteLine($"robustmq bench: {error.Message}");
                return 1;
            }
            if (parse.GetValue(Json))
                Console.WriteLine(ToJson(rows));
            else
                Write(rows);
            return rows.Exists(static row => row.Lost > 0) ? 2 : 0;
        });
        return command;
    }

    /// <summary>Runs alternate, so that a drift of the machine meets all brokers alike.</summary>
    private static List<Row> Compare(List<MqttServerAddress> servers, MqttScenario scenario, int runs)
    {
        var results = servers.ConvertAll(static _ => new List<MqttRun>());
        for (var run = 0; run < runs; run++)
        {
            for (var at = 0; at < servers.Count; at++)
                results[at].Add(new MqttRunner(servers[at], scenario).Run());
        }
        var rates = results.ConvertAll(static runsOfOne => runsOfOne.Select(static run => run.Rate).Order().ElementAt(runsOfOne.Count / 2));
        return [.. servers.Select((server, at) => new Row(scenario.Name, server.Name, rates[at], results[at].Sum(static run => run.Lost), rates[at] / rates[0]))];
    }

    private static void Write(List<Row> rows)
    {
        var table = new Table().AddColumns("scenario", "broker", "deliveries/s", "lost", "ratio");
        foreach (var row in rows)
            table.AddRow(row.Scenario, row.Server, $"{row.Rate:N0}", $"{row.Lost:N0}", $"{row.Ratio:N2}");
        // Piped output has no width of its own.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(table);
    }

    private static string ToJson(List<Row> rows)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteString("scenario", row.Scenario);
                json.WriteString("broker", row.Server);
                json.WriteNumber("deliveries_per_second", Math.Round(row.Rate));
                json.WriteNumber("lost", row.Lost);
                json.WriteNumber("rate_ratio", Math.Round(row.Ratio, 3));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed record Row(string Scenario, string Server, double Rate, long Lost, double Ratio);
}
