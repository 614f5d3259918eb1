using System.Globalization;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>
/// The real process is killed (SIGKILL) amid transactions of several producers, again and again: every record of a committed one is there, once, and of an aborted one none. The number of kills is
/// <c>CRASH_LOOPS</c>, 5 where it says nothing.
/// </summary>
public sealed class TransactionCrashLoopTests : IAsyncLifetime
{
    private const int Producers = 3;

    private static readonly int Loops =
        int.Parse(Environment.GetEnvironmentVariable("CRASH_LOOPS") ?? "5", NumberStyles.None, CultureInfo.InvariantCulture);

    private readonly NodeProcess _node = new();
    private int _over;
    private int _ended;

    public Task InitializeAsync() => _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_killed_node_shows_all_of_a_committed_transaction_and_nothing_of_an_aborted_one()
    {
        await using var client = AdaptedNode.NewClient(_node.Address, static given => given with { FailFastAfter = Limits.Deadline });
        await client.CreateAsync(TestNode.Spec("t") with { Engine = EngineKind.Segment, Durability = Durability.Durable });
        var running = Enumerable.Range(1, Producers).Select(producer => ProduceAsync(client, producer)).ToArray();
        for (var loop = 0; loop < Loops; loop++)
        {
            var ended = Volatile.Read(ref _ended);
            await Eventually.TrueAsync(() => Volatile.Read(ref _ended) > ended + 20 || running.Any(static task => task.IsCompleted), "transactions between kills");
            await _node.KillAsync();
            await _node.StartAsync();
        }
        Volatile.Write(ref _over, 1);
        var committed = (await Task.WhenAll(running)).SelectMany(static values => values).ToList();

        var seen = (await client.ReadAllAsync("t")).Select(static record => record.Value).ToList();
        Assert.Equal(committed.Order(), seen.Order());
        Assert.Equal((await client.Logs.OffsetsAsync(TestNode.Log("t"), isolation: ReadIsolation.Stored)).End, (await client.Logs.OffsetsAsync(TestNode.Log("t"))).End);
    }

    /// <returns>What was committed.</returns>
    private async Task<List<string>> ProduceAsync(IStorageClient client, int producer)
    {
        var random = new Random(producer);
        var committed = new List<string>();
        var sequence = 0;
        for (var transaction = 0; Volatile.Read(ref _over) == 0; transaction++)
        {
            var batches = Enumerable.Range(0, random.Next(1, 4)).Select(batch => $"p{producer}.{transaction}.{batch}").ToList();
            var after = await FindLastEndAsync(client, producer, sequence);
            foreach (var value in batches)
            {
                await AppendAsync(client, TestBatch.InTransaction(producer, 0, sequence++, value), new AppendConditions { BeginsTransactionAfter = after });
            }
            var isCommit = random.Next(3) > 0;
            await AppendAsync(client, isCommit ? TestBatch.Commit(producer, 0) : TestBatch.Abort(producer, 0), null);
            Interlocked.Increment(ref _ended);
            if (isCommit)
                committed.AddRange(batches);
        }
        return committed;
    }

    private static async Task<Offset> FindLastEndAsync(IStorageClient client, int producer, int sequence)
    {
        var refused = await client.AppendAsync("t", TestBatch.InTransaction(producer, 0, sequence, "x"));
        Assert.Equal(ErrorCode.TransactionMismatch, refused.Error);
        return refused.BaseOffset;
    }

    private static async Task AppendAsync(IStorageClient client, byte[] batch, AppendConditions? conditions)
    {
        var result = await client.AppendAsync("t", batch, conditions);
        Assert.Equal(ErrorCode.None, result.Error);
        // Stored before the kill and sent again after it.
        Assert.True(!result.IsDuplicate || !new RecordBatchHeader(batch).IsControl);
    }
}
