using System.Diagnostics;
using RobustMQ.Bench.Storage;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Reports;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Consumers;

/// <summary>Members deliver and acknowledge everything that a topic holds, record by record, until the last acknowledgement is stored.</summary>
internal sealed class RateBench(StorageTarget target, EngineKind engine, int records, int valueBytes, int maxPending)
{
    public async Task<Report> RunAsync(int[] members, int runs)
    {
        var report = new Report();
        await using var client = AppendRunner.Connect(target.Address);
        var topic = new ConsumerTopic(client);
        await topic.CreateAsync(engine).ConfigureAwait(false);
        await topic.FillAsync(records, valueBytes).ConfigureAwait(false);
        var consumer = 0;
        foreach (var count in members)
        {
            var measured = new List<(double Seconds, double ProcessorSeconds)>();
            for (var run = 0; run < runs; run++)
                measured.Add(await MeasureAsync(topic, consumer++, count).ConfigureAwait(false));
            var (seconds, processor) = measured.OrderBy(static one => one.Seconds).ElementAt(measured.Count / 2);
            report.Add(
                Report.Cell.Of("members", count, "N0"),
                Report.Cell.Of("max_pending", maxPending, "N0"),
                Report.Cell.Of("records", records, "N0"),
                Report.Cell.Of("deliveries_and_acks_per_s", records / seconds, "N0"),
                Report.Cell.Of("node_cpu_us_per_record", processor * 1e6 / records, "N2"));
        }
        await topic.DeleteAsync().ConfigureAwait(false);
        return report;
    }

    private async Task<(double Seconds, double ProcessorSeconds)> MeasureAsync(ConsumerTopic topic, int number, int members)
    {
        var name = ConsumerTopic.Consumer(number);
        await topic.CreateAsync(new ConsumerSpec { Consumer = name, Bindings = [ConsumerTopic.Binding()], MaxPending = maxPending }).ConfigureAwait(false);
        var clients = Enumerable.Range(0, members).Select(_ => AppendRunner.Connect(target.Address)).ToList();
        foreach (var client in clients)
            await client.Consumers.GetAsync(name).ConfigureAwait(false);
        var count = new BenchCount(records);
        var processor = target.ProcessorTime;
        var watch = Stopwatch.StartNew();
        var memberships = clients.ConvertAll(client => BenchMember.Join(
            client, new ConsumerJoin { Consumer = name, Member = $"m{clients.IndexOf(client)}", CreditRecords = Math.Max(1, maxPending / members) }, count, acknowledges: true).Membership);
        await count.Done.ConfigureAwait(false);
        foreach (var membership in memberships)
            StorageException.ThrowIfError(await membership.SyncAsync().ConfigureAwait(false), "store acknowledgements");
        watch.Stop();
        var used = target.ProcessorTime - processor;
        await CheckAsync(clients[0], name).ConfigureAwait(false);
        foreach (var client in clients)
            await client.DisposeAsync().ConfigureAwait(false);
        return (watch.Elapsed.TotalSeconds, used.TotalSeconds);
    }

    private async Task CheckAsync(GrpcStorageClient client, ConsumerRef name)
    {
        var state = (await client.Consumers.GetAsync(name).ConfigureAwait(false)).State!;
        if (state.Acknowledged != records || state.Waiting + state.Pending > 0)
            throw new IOException($"{state.Acknowledged} of {records} were acknowledged, {state.Pending} are out, {state.Waiting} wait");
        await client.Consumers.DeleteAsync(new ConsumerDelete { Consumer = name }).ConfigureAwait(false);
    }
}
