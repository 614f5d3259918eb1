using System.Diagnostics;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Storage;

/// <summary>Topics that come, take one durable record and go, round after round: how fast, and whether memory and disk stay where they are.</summary>
internal sealed class ChurnBench(StorageTarget target)
{
    private const int AtOnce = 64;

    private readonly Report _report = new();

    public async Task<Report> RunAsync(EngineKind engine, int topics, int rounds)
    {
        await using var client = AppendRunner.Connect(target.Address);
        var piece = BenchBatch.Build(1, 256);
        for (var round = 1; round <= rounds; round++)
        {
            var created = await RateAsync(topics, async i =>
            {
                var spec = new TopicSpec { Name = NameOf(i), Engine = engine };
                StorageException.ThrowIfError((await client.Topics.CreateAsync(spec).ConfigureAwait(false)).Error, "create a topic");
            }).ConfigureAwait(false);
            var appended = await RateAsync(topics, async i =>
            {
                var request = new AppendRequest { Log = new TopicPartition(Namespace.Default, NameOf(i), 0), Batch = piece, Durability = Durability.Durable };
                StorageException.ThrowIfError((await client.Logs.AppendAsync(request).ConfigureAwait(false)).Error, "append");
            }).ConfigureAwait(false);
            var deleted = await RateAsync(topics, async i =>
                StorageException.ThrowIfError(await client.Topics.DeleteAsync(Namespace.Default, NameOf(i)).ConfigureAwait(false), "delete a topic")).ConfigureAwait(false);
            Add(round, topics, created, appended, deleted);
        }
        return _report;
    }

    private static TopicName NameOf(int topic) => TopicName.Parse($"topic-{topic}");

    private static async Task<double> RateAsync(int count, Func<int, Task> run)
    {
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => await run(i).ConfigureAwait(false)).ConfigureAwait(false);
        return count / watch.Elapsed.TotalSeconds;
    }

    private void Add(int round, int topics, double created, double appended, double deleted) =>
        _report.Add(
            Report.Cell.Of("round", round, "N0"),
            Report.Cell.Of("topics", topics, "N0"),
            Report.Cell.Of("created_per_s", created, "N0"),
            Report.Cell.Of("appended_per_s", appended, "N0"),
            Report.Cell.Of("deleted_per_s", deleted, "N0"),
            Report.Cell.Of("memory_MB", target.Process.MemoryBytes / 1e6, "N0"),
            Report.Cell.Of("disk_MB", DiskBytes() / 1e6, "N0"));

    private long DiskBytes() => Directory.EnumerateFiles(target.DataDirectory!, "*", SearchOption.AllDirectories).Sum(static path => new FileInfo(path) is { Exists: true } file ? file.Length : 0);
}
