using System.CommandLine;
using System.Diagnostics;
using Confluent.Kafka;

namespace RobustMQ.Bench.Kafka;

/// <summary><c>robustmq bench kafka produce|consume|latency|suite</c>: loads any Kafka broker with librdkafka, beside what the disk itself gives in the same run.</summary>
internal static class KafkaBenchCommand
{
    private static readonly Option<string> Server = new("--server", "-s") { Description = "host:port of a broker", DefaultValueFactory = static _ => "127.0.0.1:9092" };
    private static readonly Option<string?> Data = new("--data") { Description = "folder on the broker's disk, for the raw file beside it; none: no raw file" };

    private static readonly Option<string[]> Levels = new("--durability")
    {
        Description = "durable, written or accepted: a config of RobustMQ's topics; none: what the broker does by itself",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = static _ => [string.Empty],
    };

    private static readonly Option<int> Size = new("--size") { Description = "value of one record, bytes", DefaultValueFactory = static _ => 1024 };
    private static readonly Option<long> MiB = new("--mib") { Description = "MiB of values of one run", DefaultValueFactory = static _ => 256L };
    private static readonly Option<int> Partitions = new("--partitions") { Description = "partitions of the topic", DefaultValueFactory = static _ => 1 };
    private static readonly Option<CompressionType> Codec = new("--codec") { Description = "compression of the producer", DefaultValueFactory = static _ => CompressionType.None };
    private static readonly Option<Acks> AcksOf = new("--acks") { Description = "what the producer waits for", DefaultValueFactory = static _ => Acks.All };
    private static readonly Option<long> Transactional = new("--transactional") { Description = "records of one transaction; 0: no transactions" };
    private static readonly Option<double> Rate = new("--rate") { Description = "records a second", DefaultValueFactory = static _ => 1000 };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "how long", DefaultValueFactory = static _ => 10 };
    private static readonly Option<bool> Cold = new("--cold") { Description = "read once more with the page cache of this machine dropped, which needs root and slows everybody on it" };
    private static readonly Option<int[]> Pids = new("--pid")
    {
        Description = "the broker's processes on this machine: what they cost is shown",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = static _ => [],
    };

    private static readonly Option<int> Runs = new("--runs") { Description = "repeat and take the median", DefaultValueFactory = static _ => 3 };
    private static readonly Option<bool> Json = new("--json") { Description = "print JSON instead of a table" };

    public static Command Create() => new("kafka", "Measure any Kafka broker, beside the disk")
    {
        Scenario("produce", "Produce as fast as the broker takes it", static (parse, bench) => EachAsync(Chosen(parse), bench.ProduceAsync), Size, MiB, Partitions, Codec, AcksOf, Transactional),
        Scenario("consume", "Read a topic from its beginning", static (parse, bench) => EachAsync(Chosen(parse).Take(1), bench.ConsumeAsync), Size, MiB, Partitions, Codec, Cold),
        Scenario("latency", "End to end at a fixed rate", static (parse, bench) => EachAsync(AtRate(parse), scenario => bench.LatencyAsync(scenario, parse.GetValue(Rate))), Size, Rate, Seconds),
        Scenario("suite", "The scenarios that a release is measured with", SuiteAsync, MiB, Rate, Seconds, Cold),
    };

    private static Command Scenario(string name, string description, Func<ParseResult, KafkaBench, Task> run, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var option in options.Concat([Server, Data, Levels, Pids, Runs, Json]))
            command.Options.Add(option);
        command.Measures(async parse =>
        {
            var bench = new KafkaBench(parse.GetValue(Server)!, parse.GetValue(Data), parse.GetValue(Runs), parse.GetValue(Cold), Cpu(parse.GetValue(Pids)!));
            await run(parse, bench).ConfigureAwait(false);
            bench.Write(parse.GetValue(Json));
            return 0;
        });
        return command;
    }

    private static Func<TimeSpan>? Cpu(int[] pids) => pids.Length == 0 ? null : () =>
    {
        var total = TimeSpan.Zero;
        foreach (var pid in pids)
        {
            using var process = Process.GetProcessById(pid);
            total += process.TotalProcessorTime;
        }
        return total;
    };

    private static async Task SuiteAsync(ParseResult parse, KafkaBench bench)
    {
        await EachAsync(KafkaScenario.Suite(parse.GetValue(MiB), Durabilities(parse)), bench.ProduceAsync).ConfigureAwait(false);
        await EachAsync(KafkaScenario.Suite(parse.GetValue(MiB), [Durabilities(parse)[^1]]), bench.ConsumeAsync).ConfigureAwait(false);
        await EachAsync(AtRate(parse), scenario => bench.LatencyAsync(scenario, parse.GetValue(Rate))).ConfigureAwait(false);
    }

    private static async Task EachAsync(IEnumerable<KafkaScenario> scenarios, Func<KafkaScenario, Task> run)
    {
        foreach (var scenario in scenarios)
            await run(scenario).ConfigureAwait(false);
    }

    private static IEnumerable<KafkaScenario> Chosen(ParseResult parse) => Durabilities(parse).Select(durability => new KafkaScenario
    {
        RecordBytes = parse.GetValue(Size),
        Records = (parse.GetValue(MiB) << 20) / parse.GetValue(Size),
        Partitions = parse.GetValue(Partitions),
        Codec = parse.GetValue(Codec),
        Acks = parse.GetValue(AcksOf),
        TransactionRecords = parse.GetValue(Transactional),
        Durability = durability,
    });

    private static IEnumerable<KafkaScenario> AtRate(ParseResult parse) => Durabilities(parse).Select(durability => new KafkaScenario
    {
        // The suite has no option for it.
        RecordBytes = parse.GetValue(Size) is > 0 and var size ? Math.Max(sizeof(long), size) : 1024,
        Records = (long)(parse.GetValue(Rate) * parse.GetValue(Seconds)),
        Durability = durability,
    });

    private static string[] Durabilities(ParseResult parse) => parse.GetValue(Levels)!;
}
