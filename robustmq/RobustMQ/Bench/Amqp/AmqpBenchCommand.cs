using System.CommandLine;
using RobustMQ.Reports;
using static RobustMQ.Reports.Report;

namespace RobustMQ.Bench.Amqp;

/// <summary><c>robustmq bench amqp run|suite</c>: loads any AMQP 0-9-1 broker; with several, every run alternates between them and they are compared with the first.</summary>
internal static class AmqpBenchCommand
{
    private static readonly Option<string[]> Server = new("--server", "-s")
    {
        Description = "[name=]amqp://[user:password@]host:port; several are run in turn and compared with the first",
        DefaultValueFactory = static _ => ["amqp://127.0.0.1:5672"],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Size = new("--size") { Description = "payload, bytes (at least 8)", DefaultValueFactory = static _ => 256 };
    private static readonly Option<long> Count = new("--count") { Description = "messages", DefaultValueFactory = static _ => 200_000L };
    private static readonly Option<int> Queues = new("--queues") { Description = "queues, each with a consumer", DefaultValueFactory = static _ => 1 };
    private static readonly Option<bool> FanOut = new("--fan-out") { Description = "every queue gets every message" };
    private static readonly Option<bool> Persistent = new("--persistent") { Description = "durable queues, persistent messages" };
    private static readonly Option<bool> Quorum = new("--quorum") { Description = "quorum queues; with --persistent" };
    private static readonly Option<int> Window = new("--window") { Description = "unconfirmed publishes; 0: without confirms" };
    private static readonly Option<int> Prefetch = new("--prefetch") { Description = "consumers acknowledge, with this prefetch; 0: they do not" };
    private static readonly Option<bool> Drain = new("--drain") { Description = "publish first, then measure how fast the queues are emptied" };
    private static readonly Option<int> Rate = new("--rate") { Description = "messages a second; 0: as many as go" };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int[]> Process = new("--process") { Description = "process id of each broker, in the order of --server", Required = true, AllowMultipleArgumentsPerToken = true };
    private static readonly Option<int> Connections = new("--connections") { Description = "idle connections, each with a channel", DefaultValueFactory = static _ => 1000 };
    private static readonly Option<int> IdleQueues = new("--queues") { Description = "durable queues without messages and consumers", DefaultValueFactory = static _ => 5000 };
    private static readonly Option<int> Timeout = new("--timeout") { Description = "seconds that one run may take", DefaultValueFactory = static _ => 60 };
    private static readonly Option<bool> Json = new("--json") { Description = "print one JSON array instead of a table" };

    public static Command Create() => new("amqp", "Measure any AMQP 0-9-1 broker")
    {
        Scenarios("run", "One scenario", static parse =>
        [
            new AmqpScenario
            {
                Name = "run", PayloadBytes = Math.Max(sizeof(long), parse.GetValue(Size)), Messages = parse.GetValue(Count), Queues = parse.GetValue(Queues), IsFanOut = parse.GetValue(FanOut),
                IsPersistent = parse.GetValue(Persistent), IsQuorum = parse.GetValue(Quorum), Window = parse.GetValue(Window), Prefetch = parse.GetValue(Prefetch),
                IsDrain = parse.GetValue(Drain), Rate = parse.GetValue(Rate),
            }
        ], Size, Count, Queues, FanOut, Persistent, Quorum, Window, Prefetch, Drain, Rate),
        Scenarios("suite", "The scenarios that a release is measured with", static parse => AmqpScenario.Suite(parse.GetValue(Count)), Count),
        Idle(),
    };

    private static Command Idle()
    {
        var command = new Command("idle", "Memory of idle connections and queues of a broker on this machine") { Server, Process, Connections, IdleQueues, Timeout, Json };
        command.Measures(async parse =>
        {
            var report = new Report();
            var timeout = TimeSpan.FromSeconds(parse.GetValue(Timeout));
            foreach (var server in parse.GetValue(Server)!.Select(AmqpServerAddress.Parse).Zip(parse.GetValue(Process)!))
            {
                var runner = new IdleRunner(server.First, server.Second, timeout);
                report.Add(
                    Cell.Of("broker", server.First.Name),
                    Cell.Of("bytes_per_connection", await runner.MeasureConnectionsAsync(parse.GetValue(Connections)).ConfigureAwait(false), "N0"),
                    Cell.Of("bytes_per_queue", await runner.MeasureQueuesAsync(parse.GetValue(IdleQueues)).ConfigureAwait(false), "N0"));
            }
            report.Write(parse.GetValue(Json));
            return 0;
        });
        return command;
    }

    private static Command Scenarios(string name, string description, Func<ParseResult, IReadOnlyList<AmqpScenario>> scenarios, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options.Concat([Server, Runs, Timeout, Json]))
            command.Options.Add(option);
        command.Measures(parse =>
        {
            var servers = parse.GetValue(Server)!.Select(AmqpServerAddress.Parse).ToList();
            var timeout = TimeSpan.FromSeconds(parse.GetValue(Timeout));
            var report = new Report();
            var lost = 0L;
            foreach (var scenario in scenarios(parse))
                lost += Compare(servers, scenario with { Timeout = timeout }, parse.GetValue(Runs), report);
            report.Write(parse.GetValue(Json));
            return lost > 0 ? 2 : 0;
        });
        return command;
    }

    /// <summary>Runs alternate, so that a drift of the machine meets all brokers alike.</summary>
    private static long Compare(List<AmqpServerAddress> servers, AmqpScenario scenario, int runs, Report report)
    {
        var results = servers.ConvertAll(static _ => new List<AmqpRun>());
        for (var run = 0; run < runs; run++)
        {
            for (var at = 0; at < servers.Count; at++)
                results[at].Add(new AmqpRunner(servers[at], scenario).Run());
        }
        var medians = results.ConvertAll(static runsOfOne => runsOfOne.OrderBy(static run => run.Rate).ElementAt(runsOfOne.Count / 2));
        for (var at = 0; at < servers.Count; at++)
        {
            report.Add(
                Cell.Of("scenario", scenario.Name), Cell.Of("broker", servers[at].Name), Cell.Of("deliveries_per_second", medians[at].Rate, "N0"),
                Cell.Of("p50_us", medians[at].Latencies.P50, "N0"), Cell.Of("p99_us", medians[at].Latencies.P99, "N0"),
                Cell.Of("lost", results[at].Sum(static run => run.Lost), "N0"), Cell.Of("rate_ratio", medians[at].Rate / medians[0].Rate, "N2"));
        }
        return results.Sum(static runsOfOne => runsOfOne.Sum(static run => run.Lost));
    }
}
