using System.Diagnostics;
using System.Text;
using HdrHistogram;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Storage;

/// <summary>Looks up the newest record of one key among many, over gRPC: one lookup after the other, and several at once.</summary>
internal sealed class KeyBench(StorageTarget target)
{
    private const int FillRecords = 1_000;
    private const int LookupsAtOnce = 16;
    private const long LatencyUsMax = 60_000_000;

    private static readonly TopicName Topic = TopicName.Parse("bench-keys");
    private static readonly TopicPartition Log = new(Namespace.Default, Topic, 0);

    private readonly Report _report = new();

    public async Task<Report> RunAsync(EngineKind engine, int keys, int valueBytes, int lookups)
    {
        await using var client = AppendRunner.Connect(target.Address);
        var spec = new TopicSpec { Name = Topic, Engine = engine, Durability = Durability.Written, Filters = [SubjectFilter.Parse("bench.>")] };
        StorageException.ThrowIfError((await client.Topics.CreateAsync(spec).ConfigureAwait(false)).Error, "create the topic");
        await FillAsync(client, keys, valueBytes).ConfigureAwait(false);
        // The first lookups fill caches.
        await MeasureAsync(client, keys, lookups / 10, 1).ConfigureAwait(false);
        Add(keys, 1, await MeasureAsync(client, keys, lookups, 1).ConfigureAwait(false));
        Add(keys, LookupsAtOnce, await MeasureAsync(client, keys, lookups, LookupsAtOnce).ConfigureAwait(false));
        return _report;
    }

    private static async Task FillAsync(GrpcStorageClient client, int keys, int valueBytes)
    {
        var value = new byte[valueBytes];
        new Random(1).NextBytes(value);
        using var builder = new RecordBatchBuilder();
        for (var first = 0; first < keys; first += FillRecords)
        {
            builder.Reset();
            for (var key = first; key < Math.Min(first + FillRecords, keys); key++)
                builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RecordAttributes.KeyIsSubject, KeyOf(key), value);
            var result = await client.Logs.AppendAsync(new AppendRequest { Log = Log, Batch = builder.Build().ToArray() }).ConfigureAwait(false);
            StorageException.ThrowIfError(result.Error, "append");
        }
    }

    private static async Task<(LongHistogram Latency, double Seconds)> MeasureAsync(GrpcStorageClient client, int keys, int lookups, int atOnce)
    {
        var all = new LongHistogram(LatencyUsMax, 3);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < lookups / atOnce; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await LookUpAsync(client, random.Next(keys)).ConfigureAwait(false);
                var us = (long)Stopwatch.GetElapsedTime(began).TotalMicroseconds;
                lock (all)
                    all.RecordValue(Math.Clamp(us, 1, LatencyUsMax));
            }
        }))).ConfigureAwait(false);
        return (all, watch.Elapsed.TotalSeconds);
    }

    private static async Task LookUpAsync(GrpcStorageClient client, int key)
    {
        using var read = await client.Logs.ReadAsync(new ReadRequest { Log = Log, Start = ReadStart.LastPerKey, Filters = [SubjectFilter.Parse(NameOf(key))], MaxRecords = 1 }).ConfigureAwait(false);
        StorageException.ThrowIfError(read.Error, "look up");
        if (read.Batches.Length == 0)
            throw new StorageException(ErrorCode.NotFound, "a key that was stored was not found");
    }

    private static string NameOf(int key) => $"bench.{key:D8}";

    private static byte[] KeyOf(int key) => Encoding.ASCII.GetBytes(NameOf(key));

    private void Add(int keys, int atOnce, (LongHistogram Latency, double Seconds) run) =>
        _report.Add(
            Report.Cell.Of("keys", keys, "N0"),
            Report.Cell.Of("at_once", atOnce, "N0"),
            Report.Cell.Of("lookups_per_s", run.Latency.TotalCount / run.Seconds, "N0"),
            Report.Cell.Of("p50_us", run.Latency.GetValueAtPercentile(50), "N0"),
            Report.Cell.Of("p99_us", run.Latency.GetValueAtPercentile(99), "N0"));
}
