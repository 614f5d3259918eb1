using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.Bench.Storage;

/// <summary>
/// Reads one log from its first record to its last, page cache warm: through gRPC, and in this process (the storage library alone). Beside it the same bytes from a raw file, and from the
/// log's own files where it has some: how fast a file is read depends on how its pages came to lie in memory, up to twice, so that two files with the same bytes are not the same.
/// </summary>
internal sealed class ReadBench(StorageTarget target, int runs)
{
    private const int ReadBytes = 4 << 20;

    /// <summary>A call in this process takes its final speed when its code has been compiled for it, which a first reading of the log does not bring about.</summary>
    private const int WarmReadings = 10;

    private static readonly TopicName Topic = TopicName.Parse("bench-read");

    public async Task<Report> RunAsync(EngineKind engine, int batches, int batchRecords, int recordBytes)
    {
        var piece = BenchBatch.Build(batchRecords, recordBytes);
        await using (var client = AppendRunner.Connect(target.Address))
        {
            await FillAsync(client, engine, piece, batches).ConfigureAwait(false);
        }
        var raw = new RawFile(target.DataDirectory!);
        raw.WriteRate(piece, batches);
        DiskFlush.Run();
        var report = new Report();
        await using (var client = AppendRunner.Connect(target.Address))
            await MeasureAsync("gRPC", client, raw, warmReadings: 1, report).ConfigureAwait(false);
        target.Process.Stop();
        var options = new StorageOptions { DataDirectory = Path.Combine(target.DataDirectory!, "data") };
        await using (var node = await NodeStorage.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance).ConfigureAwait(false))
        await using (var client = new EmbeddedStorageClient(node))
            await MeasureAsync("library", client, raw, WarmReadings, report).ConfigureAwait(false);
        raw.Delete();
        return report;
    }

    private static async Task FillAsync(GrpcStorageClient client, EngineKind engine, byte[] piece, int batches)
    {
        var created = await client.Topics.CreateAsync(new TopicSpec { Name = Topic, Engine = engine, Durability = Durability.Written }).ConfigureAwait(false);
        StorageException.ThrowIfError(created.Error, "create the topic");
        var request = new AppendRequest { Log = new TopicPartition(Namespace.Default, Topic, 0), Batch = piece };
        for (var left = batches; left > 0; left -= 64)
        {
            foreach (var result in await Task.WhenAll(Enumerable.Range(0, Math.Min(64, left)).Select(_ => client.Logs.AppendAsync(request).AsTask())).ConfigureAwait(false))
                StorageException.ThrowIfError(result.Error, "append");
        }
    }

    private async Task MeasureAsync(string way, IStorageClient client, RawFile raw, int warmReadings, Report report)
    {
        var files = Directory.GetFiles(Path.Combine(target.DataDirectory!, "data", "segments"), "*.log", SearchOption.AllDirectories);
        var rates = new List<(double Raw, double Own, double Read)>();
        for (var reading = 0; reading < warmReadings; reading++)
            await ReadRateAsync(client).ConfigureAwait(false);
        for (var run = 0; run < runs; run++)
            rates.Add((raw.ReadRate(ReadBytes), files.Length == 0 ? 0 : RawFile.ReadRate(files, ReadBytes), await ReadRateAsync(client).ConfigureAwait(false)));
        var rate = Median.Of(rates, static run => run.Read);
        var rawRate = Median.Of(rates, static run => run.Raw);
        var ownRate = Median.Of(rates, static run => run.Own);
        report.Add(
            Report.Cell.Of("way", way),
            Report.Cell.Of("MB_per_s", rate / 1e6, "N0"),
            Report.Cell.Of("raw_read_MB_per_s", rawRate / 1e6, "N0"),
            Report.Cell.Of("of_raw", rate / rawRate, "P0"),
            Report.Cell.Of("own_files_MB_per_s", ownRate / 1e6, "N0"),
            Report.Cell.Of("of_own_files", ownRate == 0 ? 0 : rate / ownRate, "P0"));
    }

    private static async Task<double> ReadRateAsync(IStorageClient client)
    {
        var watch = Stopwatch.StartNew();
        var bytes = 0L;
        for (var next = Offset.Zero; ;)
        {
            var request = new ReadRequest { Log = new TopicPartition(Namespace.Default, Topic, 0), Offset = next, MaxBytes = ReadBytes };
            using var read = await client.Logs.ReadAsync(request).ConfigureAwait(false);
            StorageException.ThrowIfError(read.Error, "read");
            if (read.Batches.Length == 0)
                return bytes / watch.Elapsed.TotalSeconds;
            bytes += read.Batches.Length;
            next = read.NextOffset;
        }
    }
}
