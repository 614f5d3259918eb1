using System.CommandLine;
using RobustMQ.Bench.Storage.Floor;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Bench.Storage;

/// <summary>
/// <c>robustmq bench storage append|read|tail|open|keys|churn|floor</c>: measures a storage-node over gRPC, beside what the disk itself gives in the same run. Without <c>--server</c> it starts a
/// storage-node of its own.
/// </summary>
internal static class StorageBenchCommand
{
    private static readonly Option<string?> Server = new("--server", "-s") { Description = "address of a running storage-node; none: start one" };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "where the storage-node that is started keeps its data, and the raw file lies: on the disk to measure",
        DefaultValueFactory = static _ => Path.GetTempPath(),
    };

    private static readonly Option<string[]> Setting = new("--setting")
    {
        Description = "KEY=VALUE for the storage-node that is started; may be repeated",
        DefaultValueFactory = static _ => [],
    };

    private static readonly Option<EngineKind> Engine = new("--engine") { Description = "engine of the topics", DefaultValueFactory = static _ => EngineKind.Segment };

    private static readonly Option<Durability[]> Levels = new("--durability")
    {
        Description = "levels to measure",
        DefaultValueFactory = static _ => [Durability.Written, Durability.Durable],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int[]> Producers = new("--producers")
    {
        Description = "numbers of producers to measure, each with a connection of its own",
        DefaultValueFactory = static _ => [1, 16],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Logs = new("--logs") { Description = "logs that the producers are spread over", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int> BatchRecords = new("--batch-records") { Description = "records of one batch", DefaultValueFactory = static _ => 100 };
    private static readonly Option<int> Size = new("--size") { Description = "value of one record, bytes", DefaultValueFactory = static _ => 256 };
    private static readonly Option<int> Batches = new("--batches") { Description = "batches of one run", DefaultValueFactory = static _ => 30_000 };
    private static readonly Option<int> InFlight = new("--in-flight") { Description = "unanswered batches of one producer", DefaultValueFactory = static _ => 32 };
    private static readonly Option<int> Readers = new("--readers") { Description = "readers that wait at the end of the log", DefaultValueFactory = static _ => 10 };
    private static readonly Option<int> Topics = new("--topics") { Description = "topics with one record each", DefaultValueFactory = static _ => 10_000 };
    private static readonly Option<long> LogMiB = new("--log-mib") { Description = "size of one large log, MiB" };
    private static readonly Option<int> Keys = new("--keys") { Description = "keys with one record each", DefaultValueFactory = static _ => 1_000_000 };
    private static readonly Option<int> Lookups = new("--lookups") { Description = "lookups of one run", DefaultValueFactory = static _ => 50_000 };
    private static readonly Option<int> MiB = new("--mib") { Description = "sent in one run, MiB", DefaultValueFactory = static _ => 512 };
    private static readonly Option<int> Rounds = new("--rounds") { Description = "how often all topics come and go", DefaultValueFactory = static _ => 3 };
    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 3 };
    private static readonly Option<bool> Json = new("--json") { Description = "print JSON instead of a table" };

    public static Command Create() => new("storage", "Measure a storage-node, beside its own disk")
    {
        Scenario("append", "Append batches", AppendAsync, Engine, Levels, Producers, Logs, BatchRecords, Size, Batches, InFlight, Runs),
        Scenario("read", "Read a log from end to end", ReadAsync, Engine, BatchRecords, Size, Batches, Runs),
        Scenario("tail", "Readers at the end of a log share what they read", TailAsync, Engine, Levels, Readers, BatchRecords, Size, Batches),
        Scenario("open", "Time and memory of a start", OpenAsync, Engine, Topics, LogMiB),
        Scenario("keys", "Look up the newest record of a key", KeysAsync, Engine, Keys, Size, Lookups),
        Floor(),
        Sink(),
        Scenario("churn", "Topics that come and go", ChurnAsync, Engine, Topics, Rounds),
    };

    private static Command Floor()
    {
        var command = new Command("floor", "What gRPC alone gives, with nothing stored") { Data, BatchRecords, Size, InFlight, MiB, Runs, Json };
        command.SetAction(async (parse, _) =>
        {
            var batchBytes = BenchBatch.Build(parse.GetValue(BatchRecords), parse.GetValue(Size)).Length;
            var report = await new FloorBench(parse.GetValue(Data)!, parse.GetValue(Runs), (long)parse.GetValue(MiB) << 20)
                .RunAsync(batchBytes, parse.GetValue(InFlight)).ConfigureAwait(false);
            report.Write(parse.GetValue(Json));
            return 0;
        });
        return command;
    }

    /// <summary>The other side of <c>floor</c>, which starts it.</summary>
    private static Command Sink()
    {
        var socket = new Argument<string>("socket");
        var command = new Command("sink", "The other side of floor") { socket };
        command.Hidden = true;
        command.SetAction((parse, _) => SinkServer.RunAsync(parse.GetValue(socket)!));
        return command;
    }

    private static Command Scenario(string name, string description, Func<ParseResult, StorageTarget, Task> run, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options.Concat([Server, Data, Setting, Json]))
            command.Options.Add(option);
        command.Measures(async parse =>
        {
            using var target = StorageTarget.Open(parse.GetValue(Server), parse.GetValue(Data)!, [.. parse.GetValue(Setting)!.Select(static setting => "--" + setting)]);
            await run(parse, target).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task AppendAsync(ParseResult parse, StorageTarget target)
    {
        var bench = new AppendBench(target, parse.GetValue(Runs));
        await bench.RunAsync(
            from level in parse.GetValue(Levels)!
            from producers in parse.GetValue(Producers)!
            select new AppendScenario
            {
                Engine = parse.GetValue(Engine),
                Durability = level,
                Producers = producers,
                Logs = parse.GetValue(Logs),
                BatchRecords = parse.GetValue(BatchRecords),
                RecordBytes = parse.GetValue(Size),
                Batches = parse.GetValue(Batches),
                InFlight = parse.GetValue(InFlight),
            }).ConfigureAwait(false);
        bench.Write(parse.GetValue(Json));
    }

    private static async Task ReadAsync(ParseResult parse, StorageTarget target)
    {
        _ = target.Process;
        var report = await new ReadBench(target, parse.GetValue(Runs))
            .RunAsync(parse.GetValue(Engine), parse.GetValue(Batches), parse.GetValue(BatchRecords), parse.GetValue(Size)).ConfigureAwait(false);
        report.Write(parse.GetValue(Json));
    }

    private static async Task TailAsync(ParseResult parse, StorageTarget target)
    {
        var report = await new TailBench(target).RunAsync(
            parse.GetValue(Engine), parse.GetValue(Levels)![0], parse.GetValue(Readers), parse.GetValue(Batches), parse.GetValue(BatchRecords), parse.GetValue(Size)).ConfigureAwait(false);
        report.Write(parse.GetValue(Json));
    }

    private static async Task KeysAsync(ParseResult parse, StorageTarget target)
    {
        var report = await new KeyBench(target).RunAsync(parse.GetValue(Engine), parse.GetValue(Keys), parse.GetValue(Size), parse.GetValue(Lookups)).ConfigureAwait(false);
        report.Write(parse.GetValue(Json));
    }

    private static async Task ChurnAsync(ParseResult parse, StorageTarget target)
    {
        var report = await new ChurnBench(target).RunAsync(parse.GetValue(Engine), parse.GetValue(Topics), parse.GetValue(Rounds)).ConfigureAwait(false);
        report.Write(parse.GetValue(Json));
    }

    private static async Task OpenAsync(ParseResult parse, StorageTarget target)
    {
        var report = await new OpenBench(target).RunAsync(parse.GetValue(Engine), parse.GetValue(Topics), parse.GetValue(LogMiB) << 20).ConfigureAwait(false);
        report.Write(parse.GetValue(Json));
    }
}
