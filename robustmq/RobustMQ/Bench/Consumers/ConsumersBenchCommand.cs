using System.CommandLine;
using RobustMQ.Bench.Storage;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;

namespace RobustMQ.Bench.Consumers;

/// <summary><c>robustmq bench consumers rate|pending|many</c>: measures a storage-node's consumers over gRPC. Without <c>--server</c> it starts a storage-node of its own.</summary>
internal static class ConsumersBenchCommand
{
    private static readonly Option<string?> Server = new("--server", "-s") { Description = "address of a running storage-node; none: start one" };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "where the storage-node that is started keeps its data: on the disk to measure",
        DefaultValueFactory = static _ => Path.GetTempPath(),
    };

    private static readonly Option<EngineKind> Engine = new("--engine") { Description = "engine of the topic", DefaultValueFactory = static _ => EngineKind.Segment };

    private static readonly Option<int[]> Members = new("--members")
    {
        Description = "numbers of members to measure, each with a connection of its own",
        DefaultValueFactory = static _ => [1, 8],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Records = new("--records") { Description = "records of one run", DefaultValueFactory = static _ => 200_000 };
    private static readonly Option<int> Size = new("--size") { Description = "value of one record, bytes", DefaultValueFactory = static _ => 256 };
    private static readonly Option<int> MaxPending = new("--max-pending") { Description = "records that may be out at once", DefaultValueFactory = static _ => 1_000 };
    private static readonly Option<int> Pending = new("--pending") { Description = "records that are delivered and not acknowledged", DefaultValueFactory = static _ => 1_000_000 };
    private static readonly Option<int> Consumers = new("--consumers") { Description = "consumers of one topic, each with a filter of its own", DefaultValueFactory = static _ => 10_000 };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 3 };
    private static readonly Option<bool> Json = new("--json") { Description = "print JSON instead of a table" };

    public static Command Create() => new("consumers", "Measure a storage-node's consumers")
    {
        Scenario(
            "rate", "Deliver and acknowledge what a topic holds",
            (parse, target) => new RateBench(target, parse.GetValue(Engine), parse.GetValue(Records), parse.GetValue(Size), parse.GetValue(MaxPending))
                .RunAsync(parse.GetValue(Members)!, parse.GetValue(Runs)),
            Engine, Members, Records, Size, MaxPending, Runs),
        Scenario(
            "pending", "Memory of records that are out, and the start after a kill with them",
            (parse, target) => new PendingBench(target).RunAsync(parse.GetValue(Engine), parse.GetValue(Pending)),
            Engine, Pending),
        Scenario(
            "many", "Many consumers of one topic with filters of their own",
            (parse, target) => new ManyBench(target).RunAsync(parse.GetValue(Engine), parse.GetValue(Consumers), parse.GetValue(Records), parse.GetValue(Size)),
            Engine, Consumers, Records, Size),
    };

    private static Command Scenario(string name, string description, Func<ParseResult, StorageTarget, Task<Report>> run, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options.Concat([Server, Data, Json]))
            command.Options.Add(option);
        command.Measures(async parse =>
        {
            using var target = StorageTarget.Open(parse.GetValue(Server), parse.GetValue(Data)!, []);
            var report = await run(parse, target).ConfigureAwait(false);
            report.Write(parse.GetValue(Json));
            return 0;
        });
        return command;
    }
}
