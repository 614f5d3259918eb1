using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace RobustMQ.Bench.Mqtt;

/// <summary><c>robustmq bench mqtt pubsub|retained|suite|idle</c>: loads any MQTT broker; with several, every run alternates between them and they are compared with the first.</summary>
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
    private static readonly Option<bool> Persistent = new("--persistent") { Description = "the subscribers' sessions outlive their connections" };
    private static readonly Option<int> RetainedTopics = new("--retained") { Description = "topics with a retained message", DefaultValueFactory = static _ => 100_000 };
    private static readonly Option<int> Connections = new("--connections") { Description = "connections that say nothing", DefaultValueFactory = static _ => 20_000 };
    private static readonly Option<int> Process = new("--pid") { Description = "the broker's process, whose memory is read", Required = true };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> Timeout = new("--timeout") { Description = "seconds that one run may take", DefaultValueFactory = static _ => 60 };
    private static readonly Option<bool> Json = new("--json") { Description = "print one JSON array instead of a table" };

    public static Command Create() => new("mqtt", "Measure any MQTT broker")
    {
        Scenarios("pubsub", "Every subscriber gets every message", static (parse, bench) => bench.Compare(new MqttScenario
        {
            Name = "pubsub", Publishers = parse.GetValue(Pubs), Subscribers = parse.GetValue(Subs), PayloadBytes = parse.GetValue(Size), Messages = parse.GetValue(Count),
            Qos = (byte)Math.Clamp(parse.GetValue(Qos), 0, 1), InFlight = parse.GetValue(InFlight), OtherSubscriptions = parse.GetValue(Others), IsPersistent = parse.GetValue(Persistent),
        }), Size, Count, Pubs, Subs, Qos, InFlight, Others, Persistent),
        Scenarios("retained", "Subscribers look retained messages up", static (parse, bench) => Retained(parse, bench), RetainedTopics),
        Scenarios("suite", "The scenarios that a release is measured with", static (parse, bench) =>
        {
            foreach (var scenario in MqttScenario.Suite(parse.GetValue(Count)))
                bench.Compare(scenario);
            Retained(parse, bench);
        }, Count, RetainedTopics),
        Idle(),
    };

    private static void Retained(ParseResult parse, MqttComparison bench)
    {
        foreach (var scenario in RetainedScenario.Suite(parse.GetValue(RetainedTopics)))
            bench.Compare(scenario);
    }

    private static Command Scenarios(string name, string description, Action<ParseResult, MqttComparison> run, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options.Concat([Server, Runs, Timeout, Json]))
            command.Options.Add(option);
        command.Measures(parse =>
        {
            var bench = new MqttComparison([.. parse.GetValue(Server)!.Select(MqttServerAddress.Parse)], parse.GetValue(Runs), TimeSpan.FromSeconds(parse.GetValue(Timeout)));
            run(parse, bench);
            if (parse.GetValue(Json))
                Console.WriteLine(ToJson(bench.Rows));
            else
                Write(bench.Rows);
            return bench.Rows.Any(static row => row.Lost > 0) ? 2 : 0;
        });
        return command;
    }

    private static Command Idle()
    {
        var command = new Command("idle", "Memory of connections that say nothing") { Server, Connections, Process };
        command.Measures(async parse =>
        {
            var run = await new IdleRunner(MqttServerAddress.Parse(parse.GetValue(Server)![0]), parse.GetValue(Process)).RunAsync(parse.GetValue(Connections)).ConfigureAwait(false);
            Console.WriteLine(
                $"{run.Connections:N0} connections: {run.BytesBefore / 1048576.0:N1} MiB before, {run.BytesAfter / 1048576.0:N1} MiB with them, {run.BytesEach:N0} bytes each, {run.Lost:N0} lost");
            return run.Lost > 0 ? 2 : 0;
        });
        return command;
    }

    private static void Write(IReadOnlyList<MqttRow> rows)
    {
        var table = new Table().AddColumns("scenario", "broker", "deliveries/s", "lost", "ratio");
        foreach (var row in rows)
            table.AddRow(row.Scenario, row.Server, $"{row.Rate:N0}", $"{row.Lost:N0}", $"{row.Ratio:N2}");
        // Piped output has no width of its own.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(table);
    }

    private static string ToJson(IReadOnlyList<MqttRow> rows)
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
}
