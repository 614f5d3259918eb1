using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class ReadManyContract
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Theory, EveryAdapter]
    public async Task Each_log_is_told_its_own_outcome_in_the_order_asked_for(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("many") with { Partitions = 3 });
        await node.Client.CreateAsync("other");
        await AppendAsync(node, "many", 0, "a");
        await AppendAsync(node, "many", 2, "b", "c");
        await AppendAsync(node, "other", 0, "d");

        using var read = await ReadAsync(node, At("many", 2, 1), At("other", 0), At("many", 0), At("many", 1), At("many", 7), At("absent", 0), At("other", 0, 9));
        Assert.Equal("1:c | 0:d | 0:a | | NotFound | NotFound | OffsetOutOfRange", Shown(read, [1, 0, 0, 0, 0, 0, 0]));
        Assert.Equal([2L, 1, 1, 0, -1, -1, -1], read.Logs.Select(static log => log.NextOffset.Value));
        Assert.Equal([2L, 1, 1, 0, -1, -1, 1], read.Logs.Select(static log => log.LogEndOffset.Value));
        Assert.Equal([0L, 0, 0, 0, -1, -1, 0], read.Logs.Select(static log => log.LogStartOffset.Value));
    }

    [Theory, EveryAdapter]
    public async Task The_first_batch_is_given_however_large_and_others_only_where_they_fit(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("many") with { Partitions = 3 });
        var value = new string('x', 10_000);
        for (var partition = 0; partition < 3; partition++)
        {
            await AppendAsync(node, "many", partition, value);
            await AppendAsync(node, "many", partition, value);
        }
        LogPosition[] all = [At("many", 0), At("many", 1), At("many", 2)];
        var batch = TestBatch.OfValues("many", value).Length;

        Assert.Equal([batch, 0, 0], await LengthsAsync(node, new ReadManyRequest { Logs = all, MaxBytes = 1 }));
        Assert.Equal([2 * batch, 0, 0], await LengthsAsync(node, new ReadManyRequest { Logs = all, MaxBytes = (2 * batch) + 1 }));
        Assert.Equal([2 * batch, batch, 0], await LengthsAsync(node, new ReadManyRequest { Logs = all, MaxBytes = (4 * batch) - 1 }));
        Assert.Equal([2 * batch, 2 * batch, 2 * batch], await LengthsAsync(node, new ReadManyRequest { Logs = all, MaxBytes = 6 * batch }));

        // Of each log.
        Assert.Equal([batch, batch, batch], await LengthsAsync(node, new ReadManyRequest { Logs = [.. all.Select(log => log with { MaxBytes = (2 * batch) - 1 })] }));
        Assert.Equal([batch, 2 * batch, batch], await LengthsAsync(node, new ReadManyRequest { Logs = [all[0] with { MaxBytes = 1 }, all[1], all[2] with { MaxBytes = batch }] }));
    }

    [Theory, EveryAdapter]
    public async Task What_does_not_fit_is_read_on_from_where_it_stopped(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("many") with { Partitions = 4 });
        var value = new string('x', 100_000);
        var positions = Enumerable.Range(0, 4).Select(static partition => At("many", partition)).ToArray();
        foreach (var log in positions)
        {
            for (var record = 0; record < 5; record++)
                await AppendAsync(node, "many", log.Log.Partition, $"{log.Log.Partition}.{record} {value}");
        }
        var seen = new List<string>();
        while (seen.Count < 20)
        {
            using var read = await node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = positions, MaxBytes = 750_000 });
            Assert.InRange(read.Logs.Sum(static log => log.Batches.Length), 1, 750_000);
            for (var at = 0; at < positions.Length; at++)
            {
                seen.AddRange(TestBatch.Read(read.Logs[at].Batches.Span).Where(record => record.Offset >= positions[at].Offset.Value).Select(static record => record.Value.Split(' ')[0]));
                positions[at] = positions[at] with { Offset = read.Logs[at].NextOffset };
            }
        }
        Assert.Equal(20, seen.Distinct().Count());
        foreach (var ofLog in seen.GroupBy(static record => record[0]))
            Assert.Equal(ofLog.Order(), ofLog);
    }

    [Theory, EveryAdapter]
    public async Task Records_that_have_expired_are_passed_over(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("many");
        var now = node.Time.NowMs;
        await node.Client.AppendAsync("many", TimedBatch.Record("many", "first", now));
        await node.Client.AppendAsync("many", TimedBatch.Record("many", "gone", now, expiresAtMs: now + 1));
        await node.Client.AppendAsync("many", TimedBatch.Record("many", "there", now));
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var small = At("many", 0, 1) with { MaxBytes = 1 };
        using var read = await node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = [small], MaxWait = Long });
        Assert.Equal("there", Assert.Single(TestBatch.Read(read.Logs[0].Batches.Span)).Value);
        Assert.Equal(3, read.Logs[0].NextOffset.Value);
    }

    [Theory, EveryAdapter]
    public async Task A_read_waits_until_any_of_many_logs_has_something(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("many") with { Partitions = 200 });
        for (var round = 0; round < 3; round++)
        {
            var positions = Enumerable.Range(0, 200).Select(partition => At("many", partition, partition == 123 ? round : 0)).ToArray();
            var reading = node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = positions, MaxWait = Long }).AsTask();
            await AppendAsync(node, "many", 123, $"{round}");
            using var read = await reading.WaitAsync(Limits.Deadline);
            Assert.Equal([123], Enumerable.Range(0, 200).Where(at => read.Logs[at].Batches.Length > 0));
            Assert.Equal($"{round}", TestBatch.Read(read.Logs[123].Batches.Span)[^1].Value);
        }
    }

    [Theory, EveryAdapter]
    public async Task A_read_waits_for_as_much_as_it_was_asked_to(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("many") with { Partitions = 2 });
        var batch = TestBatch.OfValues("many", "1").Length;
        var reading = node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = [At("many", 0), At("many", 1)], MinBytes = 3 * batch, MaxWait = Long }).AsTask();
        await AppendAsync(node, "many", 1, "1");
        await AppendAsync(node, "many", 0, "2");
        await AppendAsync(node, "many", 1, "3");
        using var read = await reading.WaitAsync(Limits.Deadline);
        Assert.Equal("0:many=2 | 0:many=1 1:many=3", Shown(read, [0, 0], withValues: true));
    }

    [Theory, EveryAdapter]
    public async Task A_wait_ends_with_its_time_and_tells_what_there_is(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("many") with { Partitions = 2 });
        await AppendAsync(node, "many", 1, "1");
        var reading = node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = [At("many", 0), At("many", 1)], MinBytes = 1_000, MaxWait = TimeSpan.FromSeconds(20) }).AsTask();
        await Eventually.TrueAsync(
            () =>
            {
                node.Time.Advance(TimeSpan.FromSeconds(5));
                return reading.IsCompleted;
            },
            "the end of the wait");
        using var read = await reading;
        Assert.Equal("| 0:many", Shown(read, [0, 0]));
    }

    [Theory, EveryAdapter]
    public async Task A_log_that_cannot_be_read_ends_the_wait(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("here");
        await node.Client.CreateAsync("there");
        using var read = await ReadAsync(node, At("here", 0), At("absent", 0));
        Assert.Equal("| NotFound", Shown(read, [0, 0]));

        var reading = node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = [At("here", 0), At("there", 0)], MaxWait = Long }).AsTask();
        await node.Client.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("there"));
        using var rest = await reading.WaitAsync(Limits.Deadline);
        Assert.Equal("| NotFound", Shown(rest, [0, 0]));
    }

    [Theory, EveryAdapter]
    public async Task A_read_that_is_withdrawn_ends_and_the_next_one_is_answered(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("many");
        for (var round = 0; round < 3; round++)
        {
            using var withdrawal = new CancellationTokenSource();
            var reading = node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = [At("many", 0, round), At("many", 0, round)], MaxWait = Long }, withdrawal.Token).AsTask();
            await withdrawal.CancelAsync();
            using var withdrawn = await reading.WaitAsync(Limits.Deadline);
            Assert.All(withdrawn.Logs, static log => Assert.Equal(ErrorCode.Cancelled, log.Error));
            await AppendAsync(node, "many", 0, $"{round}");
            using var read = await ReadAsync(node, At("many", 0, round));
            Assert.Equal($"{round}:many={round}", Shown(read, [round], withValues: true));
        }
    }

    [Theory, EveryAdapter]
    public async Task Reads_do_not_wait_for_each_other(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("many") with { Partitions = 150 });
        // More than one connection carries streams for.
        var reading = Enumerable.Range(0, 150)
            .Select(partition => node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = [At("many", partition)], MaxWait = Long }).AsTask()).ToArray();
        for (var partition = 149; partition >= 0; partition--)
        {
            await AppendAsync(node, "many", partition, $"{partition}");
            using var read = await reading[partition].WaitAsync(Limits.Deadline);
            Assert.Equal($"0:many={partition}", Shown(read, [0], withValues: true));
        }
    }

    private static LogPosition At(string topic, int partition, long offset = 0) => new(TestNode.Log(topic, partition), new Offset(offset), 1 << 20);

    private static async Task AppendAsync(AdaptedNode node, string topic, int partition, params string[] values)
    {
        var isKey = values.All(static value => value.Length == 1 && char.IsLetter(value[0]));
        var appended = await node.Client.Logs.AppendAsync(new AppendRequest
        {
            Log = TestNode.Log(topic, partition),
            Batch = isKey ? TestBatch.Of(values) : TestBatch.OfValues(topic, values),
        });
        Assert.Equal(ErrorCode.None, appended.Error);
    }

    private static async Task<ReadManyResult> ReadAsync(AdaptedNode node, params LogPosition[] logs) =>
        await node.Client.Logs.ReadManyAsync(new ReadManyRequest { Logs = logs, MaxWait = Long }).AsTask().WaitAsync(Limits.Deadline);

    private static async Task<int[]> LengthsAsync(AdaptedNode node, ReadManyRequest request)
    {
        using var read = await node.Client.Logs.ReadManyAsync(request);
        Assert.All(read.Logs, static log => Assert.Equal((ErrorCode.None, 2L), (log.Error, log.LogEndOffset.Value)));
        return [.. read.Logs.Select(static log => log.Batches.Length)];
    }

    /// <summary>A batch may begin before what was asked for: a reader skips that.</summary>
    private static string Shown(ReadManyResult read, long[] from, bool withValues = false) =>
        string.Join(" | ", read.Logs.Select((log, at) => log.Error != ErrorCode.None
            ? $"{log.Error}"
            : string.Join(' ', TestBatch.Read(log.Batches.Span).Where(record => record.Offset >= from[at])
                .Select(record => $"{record.Offset}:{record.Key}{(withValues ? $"={record.Value}" : string.Empty)}")))).Replace("|  |", "| |").Trim();
}
