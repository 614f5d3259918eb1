using System.CommandLine;
using RobustMQ.Bench.Nats;
using RobustMQ.Bench.Storage;
using RobustMQ.Reports;

namespace RobustMQ.Bench.Mq9;

/// <summary><c>robustmq bench mq9</c>: durable sends into a mailbox, beside durable publishes into a JetStream stream of another server, the runs in turn.</summary>
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
        Description = "connections that send; several numbers are measured one after the other",
        DefaultValueFactory = static _ => [1, 16],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int[]> InFlight = new("--in-flight")
    {
        Description = "unanswered sends of one client; several numbers are measured one after the other",
        DefaultValueFactory = static _ => [1, 64],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Size = new("--size") { Description = "payload, bytes", DefaultValueFactory = static _ => 256 };
    private static readonly Option<int> Seconds = new("--seconds") { Description = "about so long takes one run: the number of messages follows from a short one before", DefaultValueFactory = static _ => 3 };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 3 };
    private static readonly Option<bool> Json = new("--json") { Description = "print JSON instead of a table" };

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var command = new Command("mq9", "Measure durable sends into mailboxes") { Server, JetStream, Clients, InFlight, Size, Seconds, Runs, Json };
        command.SetAction(static parse =>
        {
            try
            {
                return Run(parse);
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
            {
                Console.Error.WriteLine($"robustmq bench: {error.Message}");
                return 1;
            }
        });
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var targets = parse.GetValue(Server)!.Select(text => StoreTarget.Mailbox(NatsServerAddress.Parse(text)))
            .Concat((parse.GetValue(JetStream) ?? []).Select(text => StoreTarget.Stream(NatsServerAddress.Parse(text)))).ToList();
        targets.ForEach(static target => target.Create(Timeout));
        var report = new Report();
        var lost = 0L;
        foreach (var clients in parse.GetValue(Clients)!)
        {
            foreach (var inFlight in parse.GetValue(InFlight)!)
            {
                var results = targets.ConvertAll(static _ => new List<RequestResult>());
                var counts = targets.ConvertAll(target => Count(Measure(target, clients, inFlight, parse.GetValue(Size), clients * inFlight * 20L), parse.GetValue(Seconds)));
                for (var run = 0; run < parse.GetValue(Runs); run++)
                {
                    for (var at = 0; at < targets.Count; at++)
                        results[at].Add(Measure(targets[at], clients, inFlight, parse.GetValue(Size), counts[at]));
                }
                for (var at = 0; at < targets.Count; at++)
                {
                    lost += results[at].Sum(static result => result.Lost);
                    report.Add(
                        Report.Cell.Of("server", targets[at].Server.Name), Report.Cell.Of("operation", targets[at].Kind),
                        Report.Cell.Of("clients", clients, "N0"), Report.Cell.Of("in_flight", inFlight, "N0"),
                        Report.Cell.Of("per_second", Median.Of(results[at], static result => result.Rate), "N0"),
                        Report.Cell.Of("p50_us", Median.Of(results[at], static result => result.P50Us), "N0"), Report.Cell.Of("p99_us", Median.Of(results[at], static result => result.P99Us), "N0"),
                        Report.Cell.Of("lost", results[at].Sum(static result => result.Lost), "N0"));
                }
            }
        }
        report.Write(parse.GetValue(Json));
        return lost > 0 ? 2 : 0;
    }

    private static long Count(RequestResult shortRun, int seconds) => Math.Max(100, (long)(shortRun.Rate * seconds));

    private static RequestResult Measure(StoreTarget target, int clients, int inFlight, int size, long count) => new RequestRunner(target.Server, new RequestScenario
    {
        Name = target.Kind,
        Requesters = clients,
        Responders = 0,
        InFlight = inFlight,
        PayloadBytes = size,
        Requests = count,
        Subject = target.SendSubject,
        Timeout = Timeout,
    }).Run();
}
