using System.CommandLine;
using RobustMQ.Bench.Nats;
using RobustMQ.Bench.Storage;
using RobustMQ.Reports;

namespace RobustMQ.Bench.Mq9;

/// <summary>
/// <c>robustmq bench mq9</c>: durable sends into a mailbox, and fetches with their acknowledgements, beside durable publishes and pulls of another server's JetStream, the runs in turn.
/// </summary>
internal static class Mq9BenchCommand
{
    private static readonly Option<string[]> Server = new("--server", "-s")
    {
        Description = "[name=]nats://host:port with mailboxes",
        DefaultValueFactory = static _ => ["nats://127.0.0.1:4222"],
    };

    private static readonly Option<string[]> JetStream = new("--jetstream") { Description = "[name=]nats://host:port with JetStream, to compare with (sync_interval: always makes it as durable)" };
    private static readonly Option<int[]> Clients = new("--clients")
    {
        Description = "connections; several numbers are measured one after the other",
        DefaultValueFactory = static _ => [1, 16],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int[]> InFlight = new("--in-flight")
    {
        Description = "unanswered sends of one client; several numbers are measured one after the other",
        DefaultValueFactory = static _ => [1, 64],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int[]> Batch = new("--batch")
    {
        Description = "messages of one fetch, acknowledged together; several numbers are measured one after the other",
        DefaultValueFactory = static _ => [1, 50],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Stored = new("--stored") { Description = "messages in each place that is fetched from", DefaultValueFactory = static _ => 500 };
    private static readonly Option<int> Size = new("--size") { Description = "payload, bytes", DefaultValueFactory = static _ => 256 };
    private static readonly Option<int> Seconds = new("--seconds") { Description = "about so long takes one run", DefaultValueFactory = static _ => 3 };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 3 };
    private static readonly Option<bool> Json = new("--json") { Description = "print JSON instead of a table" };

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var command = new Command("mq9", "Measure mailboxes: durable sends, fetches with their acknowledgements")
        {
            Server, JetStream, Clients, InFlight, Batch, Stored, Size, Seconds, Runs, Json,
        };
        command.Measures(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var targets = parse.GetValue(Server)!.Select(text => StoreTarget.Mailbox(NatsServerAddress.Parse(text)))
            .Concat((parse.GetValue(JetStream) ?? []).Select(text => StoreTarget.Stream(NatsServerAddress.Parse(text)))).ToList();
        var report = new Report();
        var lost = 0L;
        foreach (var clients in parse.GetValue(Clients)!)
        {
            foreach (var inFlight in parse.GetValue(InFlight)!)
                lost += MeasureSends(parse, targets, clients, inFlight, report);
            MeasureReads(parse, targets, clients, report);
        }
        report.Write(parse.GetValue(Json));
        return lost > 0 ? 2 : 0;
    }

    private static long MeasureSends(ParseResult parse, List<StoreTarget> targets, int clients, int inFlight, Report report)
    {
        var results = targets.ConvertAll(static _ => new List<RequestResult>());
        var places = targets.ConvertAll(static target => target.Another());
        places.ForEach(static place => place.Create(Timeout));
        var counts = places.ConvertAll(place => Count(place.Send(clients, inFlight, parse.GetValue(Size), clients * inFlight * 20L, Timeout), parse.GetValue(Seconds)));
        for (var run = 0; run < parse.GetValue(Runs); run++)
        {
            for (var at = 0; at < places.Count; at++)
                results[at].Add(places[at].Send(clients, inFlight, parse.GetValue(Size), counts[at], Timeout));
        }
        for (var at = 0; at < targets.Count; at++)
        {
            Add(
                report, targets[at], targets[at].SendKind, clients, inFlight, 1, Median.Of(results[at], static result => result.Rate),
                Median.Of(results[at], static result => result.P50Us), Median.Of(results[at], static result => result.P99Us), results[at].Sum(static result => result.Lost));
        }
        return results.Sum(static one => one.Sum(static result => result.Lost));
    }

    private static void MeasureReads(ParseResult parse, List<StoreTarget> targets, int clients, Report report)
    {
        var places = targets.ConvertAll(target => Enumerable.Range(0, clients).Select(_ => target.Another()).ToList());
        foreach (var place in places.SelectMany(static one => one))
        {
            place.Create(Timeout);
            place.Send(1, 64, parse.GetValue(Size), parse.GetValue(Stored), Timeout);
        }
        var duration = TimeSpan.FromSeconds(parse.GetValue(Seconds));
        // Readers of a run are told from those of another by their numbers.
        var first = 0;
        foreach (var batch in parse.GetValue(Batch)!)
        {
            var results = targets.ConvertAll(static _ => new List<ReadResult>());
            for (var run = 0; run < parse.GetValue(Runs); run++, first += 1_000_000)
            {
                for (var at = 0; at < targets.Count; at++)
                    results[at].Add(new ReadRunner(places[at], parse.GetValue(Stored), batch, Timeout).Run(duration, first));
            }
            for (var at = 0; at < targets.Count; at++)
            {
                Add(
                    report, targets[at], targets[at].ReadKind, clients, 1, batch, Median.Of(results[at], static result => result.Rate),
                    Median.Of(results[at], static result => result.P50Us), Median.Of(results[at], static result => result.P99Us), 0);
            }
        }
    }

    private static void Add(Report report, StoreTarget target, string kind, int clients, int inFlight, int batch, double rate, double p50Us, double p99Us, long lost) => report.Add(
        Report.Cell.Of("server", target.Server.Name), Report.Cell.Of("operation", kind), Report.Cell.Of("clients", clients, "N0"), Report.Cell.Of("in_flight", inFlight, "N0"),
        Report.Cell.Of("batch", batch, "N0"), Report.Cell.Of("messages_per_second", rate, "N0"), Report.Cell.Of("p50_us", p50Us, "N0"), Report.Cell.Of("p99_us", p99Us, "N0"),
        Report.Cell.Of("lost", lost, "N0"));

    private static long Count(RequestResult shortRun, int seconds) => Math.Max(100, (long)(shortRun.Rate * seconds));
}
