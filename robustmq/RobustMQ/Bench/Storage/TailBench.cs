using System.Diagnostics;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Storage;

/// <summary>Several readers wait at the end of one log, each on a connection of its own; a producer appends one batch after the other, the next when all readers have the last.</summary>
internal sealed class TailBench(StorageTarget target)
{
    private static readonly TopicName Topic = TopicName.Parse("bench-tail");
    private static readonly TopicPartition Log = new(Namespace.Default, Topic, 0);

    public async Task<Report> RunAsync(EngineKind engine, Durability durability, int readers, int batches, int batchRecords, int recordBytes)
    {
        var piece = BenchBatch.Build(batchRecords, recordBytes);
        await using var producer = AppendRunner.Connect(target.Address);
        var created = await producer.Topics.CreateAsync(new TopicSpec { Name = Topic, Engine = engine, Durability = durability }).ConfigureAwait(false);
        StorageException.ThrowIfError(created.Error, "create the topic");
        var clients = Enumerable.Range(0, readers).Select(_ => AppendRunner.Connect(target.Address)).ToList();
        var before = await producer.Node.StatsAsync().ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < batches; i++)
        {
            var next = new Offset((long)i * batchRecords);
            var reads = clients.ConvertAll(client => ReadAsync(client, next));
            var appended = await producer.Logs.AppendAsync(new AppendRequest { Log = Log, Batch = piece }).ConfigureAwait(false);
            StorageException.ThrowIfError(appended.Error, "append");
            await Task.WhenAll(reads).ConfigureAwait(false);
        }
        watch.Stop();
        var after = await producer.Node.StatsAsync().ConfigureAwait(false);
        foreach (var client in clients)
            await client.DisposeAsync().ConfigureAwait(false);
        await producer.Topics.DeleteAsync(Namespace.Default, Topic).ConfigureAwait(false);
        var report = new Report();
        report.Add(
            Report.Cell.Of("readers", readers, "N0"),
            Report.Cell.Of("batches", batches, "N0"),
            Report.Cell.Of("us_from_append_to_last_reader", watch.Elapsed.TotalMicroseconds / batches, "N0"),
            Report.Cell.Of("stored_reads", after.LogReads - before.LogReads, "N0"),
            Report.Cell.Of("stored_reads_per_batch", (double)(after.LogReads - before.LogReads) / batches, "N3"));
        return report;
    }

    private static async Task ReadAsync(GrpcStorageClient client, Offset next)
    {
        var request = new ReadRequest { Log = Log, Offset = next, MaxWait = TimeSpan.FromSeconds(30) };
        using var read = await client.Logs.ReadAsync(request).ConfigureAwait(false);
        StorageException.ThrowIfError(read.Error, "read");
        if (read.Batches.Length == 0)
            throw new StorageException(ErrorCode.TimedOut, "a reader at the end of the log was told nothing");
    }
}
