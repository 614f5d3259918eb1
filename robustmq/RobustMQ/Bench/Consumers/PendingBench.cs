using RobustMQ.Bench.Storage;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Consumers;

/// <summary>The memory of records that are delivered and not acknowledged, and how long a node takes to start after a kill with and without them.</summary>
internal sealed class PendingBench(StorageTarget target)
{
    private const int ValueBytes = 16;

    private static readonly ConsumerRef Name = ConsumerTopic.Consumer(0);

    private readonly Report _report = new();

    public async Task<Report> RunAsync(EngineKind engine, int pending)
    {
        await using (var client = AppendRunner.Connect(target.Address))
        {
            var topic = new ConsumerTopic(client);
            await topic.CreateAsync(engine).ConfigureAwait(false);
            await topic.FillAsync(pending, ValueBytes).ConfigureAwait(false);
            await topic.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [ConsumerTopic.Binding()] }).ConfigureAwait(false);
        }
        Add("no record out", 0, RestartAfterKill());
        var before = target.Process.MemoryBytes;
        await using (var client = AppendRunner.Connect(target.Address))
        {
            var count = new BenchCount(pending);
            var join = new ConsumerJoin { Consumer = Name, Member = "m", CreditRecords = pending };
            var (_, membership) = BenchMember.Join(client, join, count, acknowledges: false);
            await count.Done.ConfigureAwait(false);
            StorageException.ThrowIfError(await membership.SyncAsync().ConfigureAwait(false), "store deliveries");
            Add("all out", (double)(target.Process.MemoryBytes - before) / pending, null);
        }
        Add("all out, after a kill", 0, RestartAfterKill());
        await using (var client = AppendRunner.Connect(target.Address))
        {
            var state = (await client.Consumers.GetAsync(Name).ConfigureAwait(false)).State!;
            if (state.Waiting != pending)
                throw new IOException($"{state.Waiting} of {pending} wait after the start");
        }
        return _report;
    }

    private TimeSpan RestartAfterKill()
    {
        target.Process.Kill();
        return target.Process.Start();
    }

    private void Add(string state, double bytesPerPending, TimeSpan? start) =>
        _report.Add(
            Report.Cell.Of("state", state),
            Report.Cell.Of("ms_to_ready", start?.TotalMilliseconds ?? 0, "N0"),
            Report.Cell.Of("memory_MB", target.Process.MemoryBytes / 1e6, "N0"),
            Report.Cell.Of("bytes_per_pending_record", bytesPerPending, "N0"));
}
