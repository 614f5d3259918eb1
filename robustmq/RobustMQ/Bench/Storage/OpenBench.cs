using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Storage;

/// <summary>How long a node takes from its start to <c>ready</c>, and the memory it then has: with many topics or a large log, after an orderly end and after a kill.</summary>
internal sealed class OpenBench(StorageTarget target)
{
    private readonly Report _report = new();

    public async Task<Report> RunAsync(EngineKind engine, int topics, long logBytes)
    {
        Add("empty", target.Process);
        target.Process.Stop();
        Add("empty", target.Process, target.Process.Start());
        await using (var client = AppendRunner.Connect(target.Address))
        {
            if (topics > 0)
                await CreateTopicsAsync(client, engine, topics).ConfigureAwait(false);
            if (logBytes > 0)
                await FillAsync(client, engine, logBytes).ConfigureAwait(false);
        }
        Add("filled, as it runs", target.Process);
        target.Process.Stop();
        Add("after an orderly end", target.Process, target.Process.Start());
        target.Process.Kill();
        Add("after a kill", target.Process, target.Process.Start());
        return _report;
    }

    private static async Task CreateTopicsAsync(GrpcStorageClient client, EngineKind engine, int topics)
    {
        var piece = BenchBatch.Build(1, 256);
        await Parallel.ForEachAsync(Enumerable.Range(0, topics), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, ended) =>
        {
            var name = TopicName.Parse($"topic-{i}");
            var created = await client.Topics.CreateAsync(new TopicSpec { Name = name, Engine = engine, Durability = Durability.Written }, ended).ConfigureAwait(false);
            StorageException.ThrowIfError(created.Error, "create a topic");
            var request = new AppendRequest { Log = new TopicPartition(Namespace.Default, name, 0), Batch = piece };
            StorageException.ThrowIfError((await client.Logs.AppendAsync(request, ended).ConfigureAwait(false)).Error, "append");
        }).ConfigureAwait(false);
    }

    private static async Task FillAsync(GrpcStorageClient client, EngineKind engine, long bytes)
    {
        var name = TopicName.Parse("large");
        var created = await client.Topics.CreateAsync(new TopicSpec { Name = name, Engine = engine, Durability = Durability.Written }).ConfigureAwait(false);
        StorageException.ThrowIfError(created.Error, "create a topic");
        var piece = BenchBatch.Build(1_000, 256);
        var request = new AppendRequest { Log = new TopicPartition(Namespace.Default, name, 0), Batch = piece };
        for (var left = bytes / piece.Length; left > 0; left -= 16)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, (int)Math.Min(16, left)).Select(_ => client.Logs.AppendAsync(request).AsTask())).ConfigureAwait(false);
            foreach (var result in results)
                StorageException.ThrowIfError(result.Error, "append");
        }
    }

    private void Add(string state, StorageProcess process, TimeSpan? openTime = null) =>
        _report.Add(
            Report.Cell.Of("state", state),
            Report.Cell.Of("ms_to_ready", openTime?.TotalMilliseconds ?? 0, "N0"),
            Report.Cell.Of("memory_MB", process.MemoryBytes / 1e6, "N0"));
}
