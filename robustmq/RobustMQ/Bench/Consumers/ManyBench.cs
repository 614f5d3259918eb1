using System.Diagnostics;
using RobustMQ.Bench.Storage;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Consumers;

/// <summary>Many consumers of one topic, each with a filter of its own: what they cost appends, and how fast their records get to them.</summary>
internal sealed class ManyBench(StorageTarget target)
{
    private const int CreatedAtOnce = 64;

    private readonly Report _report = new();

    public async Task<Report> RunAsync(EngineKind engine, int consumers, int records, int valueBytes)
    {
        await using var client = AppendRunner.Connect(target.Address);
        var topic = new ConsumerTopic(client);
        await topic.CreateAsync(engine).ConfigureAwait(false);
        await topic.FillAsync(records, valueBytes, consumers).ConfigureAwait(false);
        await AddAsync("append, no consumer", records, () => topic.FillAsync(records, valueBytes, consumers)).ConfigureAwait(false);
        await AddAsync("create consumers", consumers, () => CreateAsync(topic, consumers)).ConfigureAwait(false);
        await AddAsync("append, consumers without members", records, () => topic.FillAsync(records, valueBytes, consumers)).ConfigureAwait(false);
        var waiting = new BenchCount(records);
        await AddAsync("join, deliver and acknowledge what waited", records, () => Join(client, consumers, records, waiting)).ConfigureAwait(false);
        return _report;
    }

    private static Task Join(GrpcStorageClient client, int consumers, int records, BenchCount count)
    {
        for (var i = 0; i < consumers; i++)
            BenchMember.Join(client, new ConsumerJoin { Consumer = ConsumerTopic.Consumer(i), Member = "m", CreditRecords = records / consumers + 1 }, count, acknowledges: true);
        return count.Done;
    }

    private static Task CreateAsync(ConsumerTopic topic, int consumers) =>
        Parallel.ForEachAsync(Enumerable.Range(0, consumers), new ParallelOptions { MaxDegreeOfParallelism = CreatedAtOnce }, async (i, _) =>
            await topic.CreateAsync(new ConsumerSpec
            {
                Consumer = ConsumerTopic.Consumer(i),
                Bindings = [ConsumerTopic.Binding($"bench.{i}.*")],
                Start = ConsumerStart.New,
            }).ConfigureAwait(false));

    private async Task AddAsync(string what, int count, Func<Task> run)
    {
        var processor = target.ProcessorTime;
        var watch = Stopwatch.StartNew();
        await run().ConfigureAwait(false);
        watch.Stop();
        _report.Add(
            Report.Cell.Of("what", what),
            Report.Cell.Of("count", count, "N0"),
            Report.Cell.Of("per_s", count / watch.Elapsed.TotalSeconds, "N0"),
            Report.Cell.Of("node_cpu_us_each", (target.ProcessorTime - processor).TotalMicroseconds / count, "N2"),
            Report.Cell.Of("node_memory_MB", target.Process.MemoryBytes / 1e6, "N0"));
    }
}
