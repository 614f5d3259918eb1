using System.Diagnostics;
using HdrHistogram;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Storage;

/// <summary>Runs one scenario of appends against a storage-node, over gRPC.</summary>
internal sealed class AppendRunner(string address, AppendScenario scenario, Func<TimeSpan> processorTime)
{
    private const long LatencyUsMax = 60_000_000;

    private readonly byte[] _batch = BenchBatch.Build(scenario.BatchRecords, scenario.RecordBytes);
    private int _left = scenario.Batches;

    public async Task<AppendRun> RunAsync()
    {
        var clients = new List<GrpcStorageClient>();
        try
        {
            for (var i = 0; i < scenario.Producers; i++)
                clients.Add(Connect(address));
            await CreateTopicAsync(clients[0]).ConfigureAwait(false);
            for (var i = 0; i < clients.Count; i++)
                await AppendAsync(clients[i], i % scenario.Logs).ConfigureAwait(false);
            return await MeasureAsync(clients).ConfigureAwait(false);
        }
        finally
        {
            await clients[0].Topics.DeleteAsync(Namespace.Default, Topic).ConfigureAwait(false);
            foreach (var client in clients)
                await client.DisposeAsync().ConfigureAwait(false);
        }
    }

    public static TopicName Topic { get; } = TopicName.Parse("bench-append");

    public static GrpcStorageClient Connect(string address) =>
        new(new StorageClientOptions { Address = address }, TimeProvider.System, NullLoggerFactory.Instance);

    private async Task CreateTopicAsync(GrpcStorageClient client)
    {
        var spec = new TopicSpec { Name = Topic, Engine = scenario.Engine, Durability = scenario.Durability, Partitions = scenario.Logs };
        var created = await client.Topics.CreateAsync(spec).ConfigureAwait(false);
        StorageException.ThrowIfError(created.Error, "create the topic");
    }

    private async Task<AppendRun> MeasureAsync(List<GrpcStorageClient> clients)
    {
        var before = await clients[0].Node.StatsAsync().ConfigureAwait(false);
        var processorBefore = processorTime();
        var watch = Stopwatch.StartNew();
        var latencies = await Task.WhenAll(clients.Select((client, index) => ProduceAsync(client, index % scenario.Logs))).ConfigureAwait(false);
        watch.Stop();
        var processor = processorTime() - processorBefore;
        var after = await clients[0].Node.StatsAsync().ConfigureAwait(false);
        var all = latencies[0];
        foreach (var other in latencies.Skip(1))
            all.Add(other);
        return new AppendRun(
            watch.Elapsed.TotalSeconds, (long)scenario.Batches * scenario.BatchRecords, (long)scenario.Batches * _batch.Length, after.LogSyncs - before.LogSyncs,
            all.GetValueAtPercentile(50), all.GetValueAtPercentile(99), processor.TotalSeconds);
    }

    /// <summary>One producer: as many loops as it may have unanswered batches.</summary>
    private async Task<LongHistogram> ProduceAsync(GrpcStorageClient client, int partition)
    {
        var latency = new LongHistogram(LatencyUsMax, 3);
        await Task.WhenAll(Enumerable.Range(0, scenario.InFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref _left) >= 0)
            {
                var began = Stopwatch.GetTimestamp();
                await AppendAsync(client, partition).ConfigureAwait(false);
                var us = (long)Stopwatch.GetElapsedTime(began).TotalMicroseconds;
                lock (latency)
                    latency.RecordValue(Math.Clamp(us, 1, LatencyUsMax));
            }
        }))).ConfigureAwait(false);
        return latency;
    }

    private async ValueTask AppendAsync(GrpcStorageClient client, int partition)
    {
        var request = new AppendRequest { Log = new TopicPartition(Namespace.Default, Topic, partition), Batch = _batch };
        var result = await client.Logs.AppendAsync(request).ConfigureAwait(false);
        StorageException.ThrowIfError(result.Error, "append");
    }
}
