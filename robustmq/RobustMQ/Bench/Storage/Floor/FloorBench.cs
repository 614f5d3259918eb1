using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Client.Transport;

namespace RobustMQ.Bench.Storage.Floor;

/// <summary>
/// What is left of the speed of a raw file once the bytes go through gRPC, with nothing stored and nothing checked: messages of the sizes that appends and reads have, over the
/// channel that a client of the storage-node opens, to a server with the storage-node's limits. Beside it a bare loopback socket and the raw file.
/// </summary>
internal sealed class FloorBench(string data, int runs, long bytes)
{
    private const int AnswerBytes = 4 << 20;
    private const int PieceBytes = 1 << 20;

    private readonly Report _report = new();

    /// <param name="batchBytes">Of one batch that is appended.</param>
    /// <param name="inFlight">Unanswered batches.</param>
    public async Task<Report> RunAsync(int batchBytes, int inFlight)
    {
        var file = new RawFile(Path.Combine(data, $"robustmq-floor-{Environment.ProcessId}"));
        var batch = new byte[batchBytes];
        var count = (int)(bytes / batchBytes);
        double RawWrite() => file.WriteRate(batch, count);
        double RawRead() => file.ReadRate();
        var packed = Math.Max(1, new StorageClientOptions { Address = "http://none" }.AppendMessageBytes / batchBytes);
        using var sink = new SinkProcess();
        await AddAsync("append", "socket", PieceBytes, RawWrite, () => Task.FromResult(Loopback.Rate(bytes))).ConfigureAwait(false);
        foreach (var (name, address) in new[] { ("gRPC, TCP", sink.Tcp), ("gRPC, Unix socket", sink.Unix) })
        {
            using var channel = StorageEndpoint.Open(new StorageClientOptions { Address = address }, NullLoggerFactory.Instance);
            var calls = channel.CreateCallInvoker();
            await AddAsync("append", name, batchBytes, RawWrite, () => TakeRateAsync(calls, batchBytes, inFlight)).ConfigureAwait(false);
            await AddAsync("append", name, packed * batchBytes, RawWrite, () => TakeRateAsync(calls, packed * batchBytes, Math.Max(1, inFlight / packed))).ConfigureAwait(false);
            await AddAsync("read", name, AnswerBytes, RawRead, () => GiveRateAsync(calls, AnswerBytes, 1)).ConfigureAwait(false);
            await AddAsync("read", name, PieceBytes, RawRead, () => GiveRateAsync(calls, PieceBytes, 1)).ConfigureAwait(false);
            await AddAsync("read, 2 at once", name, PieceBytes, RawRead, () => GiveRateAsync(calls, PieceBytes, 2)).ConfigureAwait(false);
            await AddAsync("read, one stream", name, PieceBytes, RawRead, () => StreamRateAsync(calls, PieceBytes)).ConfigureAwait(false);
        }
        file.Delete();
        return _report;
    }

    private async Task AddAsync(string direction, string way, int messageBytes, Func<double> raw, Func<Task<double>> measure)
    {
        var rates = new List<(double Raw, double Rate)>();
        await measure().ConfigureAwait(false);
        for (var run = 0; run < runs; run++)
            rates.Add((raw(), await measure().ConfigureAwait(false)));
        var rate = Median.Of(rates, static run => run.Rate);
        var rawRate = Median.Of(rates, static run => run.Raw);
        _report.Add(
            Report.Cell.Of("direction", direction),
            Report.Cell.Of("way", way),
            Report.Cell.Of("message_KiB", messageBytes / 1024.0, "N0"),
            Report.Cell.Of("MB_per_s", rate / 1e6, "N0"),
            Report.Cell.Of("raw_file_MB_per_s", rawRate / 1e6, "N0"),
            Report.Cell.Of("of_raw", rate / rawRate, "P0"));
    }

    /// <summary>One message after the other, up to <paramref name="window"/> of them unanswered.</summary>
    private async Task<double> TakeRateAsync(CallInvoker calls, int messageBytes, int window)
    {
        using var free = new SemaphoreSlim(window);
        var message = Payload.Of(new byte[messageBytes]);
        var count = (int)(bytes / messageBytes);
        using var call = calls.AsyncDuplexStreamingCall(SinkBase.TakeMethod, null, default);
        var watch = Stopwatch.StartNew();
        var answers = Task.Run(async () =>
        {
            while (await call.ResponseStream.MoveNext(default).ConfigureAwait(false))
                free.Release();
        });
        for (var sent = 0; sent < count; sent++)
        {
            await free.WaitAsync().ConfigureAwait(false);
            await call.RequestStream.WriteAsync(message).ConfigureAwait(false);
        }
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        await answers.ConfigureAwait(false);
        return (double)count * messageBytes / watch.Elapsed.TotalSeconds;
    }

    private async Task<double> GiveRateAsync(CallInvoker calls, int answerBytes, int atOnce)
    {
        var request = Payload.Of(answerBytes);
        var left = (int)(bytes / answerBytes);
        var count = left;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using var call = calls.AsyncUnaryCall(SinkBase.GiveMethod, null, default, request);
                await call.ResponseAsync.ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
        return (double)count * answerBytes / watch.Elapsed.TotalSeconds;
    }

    private async Task<double> StreamRateAsync(CallInvoker calls, int messageBytes)
    {
        using var call = calls.AsyncServerStreamingCall(SinkBase.StreamMethod, null, default, Payload.Of(messageBytes));
        var watch = Stopwatch.StartNew();
        var received = 0L;
        while (received < bytes && await call.ResponseStream.MoveNext(default).ConfigureAwait(false))
            received += messageBytes;
        return received / watch.Elapsed.TotalSeconds;
    }
}
