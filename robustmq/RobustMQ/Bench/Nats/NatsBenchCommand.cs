using System.CommandLine;
using Spectre.Console;

namespace RobustMQ.Bench.Nats;

/// <summary><c>robustmq bench nats pub|pubsub|queue|request|suite</c>: loads any NATS server; with several servers every run alternates between them.</summary>
internal static class NatsBenchCommand
{
    private static readonly Option<string[]> Server = new("--server", "-s")
    {
        Description = "[name=]nats://[user:password@]host:port; several are run in turn and compared with the first; URL+URL publishes at one server of a cluster and subscribes at another",
        DefaultValueFactory = static _ => ["nats://127.0.0.1:4222"],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Size = new("--size") { Description = "payload, bytes", DefaultValueFactory = static _ => 16 };
    private static readonly Option<long> Count = new("--count") { Description = "messages over all publishers", DefaultValueFactory = static _ => 1_000_000L };
    private static readonly Option<int> Rate = new("--rate") { Description = "messages a second over all publishers; 0 is full speed" };
    private static readonly Option<int> Pubs = new("--pubs") { Description = "publishing connections", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> Subs = new("--subs") { Description = "subscribing connections", DefaultValueFactory = static _ => 1 };
    private static readonly Option<string> Subject = new("--subject") { Description = "subject", DefaultValueFactory = static _ => "bench" };
    private static readonly Option<bool> Headers = new("--headers") { Description = "publish with a header" };
    private static readonly Option<bool> MultiSubject = new("--multisubject") { Description = "one subject a publisher" };
    private static readonly Option<int> InFlight = new("--in-flight") { Description = "unanswered requests of one requester", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> Timeout = new("--timeout") { Description = "seconds that one run may take", DefaultValueFactory = static _ => 60 };
    private static readonly Option<bool> Json = new("--json") { Description = "print one JSON object instead of a table" };
    private static readonly Option<bool> NoProgress = new("--no-progress") { Description = "no progress bar" };

    public static Command Create()
    {
        var command = new Command("nats", "Measure any NATS server")
        {
            Scenario("pub", "Publish only", parse => [PubSub(parse, "publish", subscribers: 0)], Size, Count, Rate, Pubs, Subject, Headers, MultiSubject),
            Scenario("pubsub", "Every subscriber gets every message", parse => [PubSub(parse, "pubsub", parse.GetValue(Subs))], Size, Count, Rate, Pubs, Subs, Subject, Headers, MultiSubject),
            Scenario("queue", "The members of a queue group share the messages", parse => [PubSub(parse, "queue", parse.GetValue(Subs)) with { Queue = "bench" }], Size, Count, Rate, Pubs, Subs, Subject, Headers, MultiSubject),
            Scenario("request", "Request and reply, with latencies", static parse =>
            [
                new RequestScenario
                {
                    Name = "request", Requesters = parse.GetValue(Pubs), Responders = parse.GetValue(Subs), InFlight = parse.GetValue(InFlight),
                    PayloadBytes = parse.GetValue(Size), Requests = parse.GetValue(Count), Subject = parse.GetValue(Subject)!, Timeout = TimeoutOf(parse),
                }
            ], Size, Count, Pubs, Subs, Subject, InFlight),
            Scenario("suite", "The scenarios that a release is measured with", static parse =>
                [.. NatsSuite.PubSub(parse.GetValue(Count)), .. NatsSuite.Requests(Math.Max(1, parse.GetValue(Count) / 50))], Count),
        };
        return command;
    }

    private static Command Scenario(string name, string description, Func<ParseResult, IReadOnlyList<object>> scenarios, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options.Concat([Server, Runs, Timeout, Json, NoProgress]))
            command.Options.Add(option);
        command.Measures(parse =>
        {
            var servers = parse.GetValue(Server)!.Select(NatsServerAddress.Parse).ToList();
            var comparison = new Comparison(servers, parse.GetValue(Runs));
            foreach (var scenario in scenarios(parse))
                comparison.Run(scenario, showProgress: !parse.GetValue(NoProgress) && !parse.GetValue(Json));
            if (parse.GetValue(Json))
                comparison.WriteJson(Console.Out);
            else
                WriteTable(comparison.ToTable());
            return comparison.HasLosses ? 2 : 0;
        });
        return command;
    }

    private static void WriteTable(Table table)
    {
        // Piped output has no width of its own.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 140);
        AnsiConsole.Write(table);
    }

    private static PubSubScenario PubSub(ParseResult parse, string name, int subscribers) => new()
    {
        Name = name,
        Publishers = parse.GetValue(Pubs),
        Subscribers = subscribers,
        PayloadBytes = parse.GetValue(Size),
        Messages = parse.GetValue(Count),
        Rate = parse.GetValue(Rate),
        Subject = parse.GetValue(Subject)!,
        WithHeaders = parse.GetValue(Headers),
        OneSubjectPerPublisher = parse.GetValue(MultiSubject),
        Timeout = TimeoutOf(parse),
    };

    private static TimeSpan TimeoutOf(ParseResult parse) => TimeSpan.FromSeconds(parse.GetValue(Timeout));
}
