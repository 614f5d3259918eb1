using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class TransactionContract
{
    private const long Producer = 9_001;

    [Theory, EveryAdapter]
    public async Task A_transaction_begins_where_it_may_and_is_seen_as_the_reader_asks(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("t") with { Engine = EngineKind.Segment });
        var refused = await node.Client.AppendAsync("t", TestBatch.InTransaction(Producer, 0, 0, "a"));
        Assert.Equal((ErrorCode.TransactionMismatch, Offset.None), (refused.Error, refused.BaseOffset));
        await AppendAsync(node, TestBatch.InTransaction(Producer, 0, 0, "a"), Offset.None);
        await AppendAsync(node, TestBatch.Abort(Producer, 0));
        Assert.Equal(1, (await node.Client.AppendAsync("t", TestBatch.InTransaction(Producer, 0, 1, "b"))).BaseOffset.Value);
        await AppendAsync(node, TestBatch.InTransaction(Producer, 0, 1, "b"), new Offset(1));

        Assert.Empty(await node.Client.ReadAllAsync("t"));
        Assert.Equal((2, 2, 2, ""), await ReadAsync(node, ReadIsolation.Committed));
        Assert.Equal((3, 3, 2, ""), await ReadAsync(node, ReadIsolation.Stored));
        Assert.Equal((2, 3, 2, "9001 from 0"), await ReadAsync(node, ReadIsolation.StoredStable));
        Assert.Equal(2, (await node.Client.Logs.OffsetsAsync(TestNode.Log("t"))).End.Value);
        Assert.Equal(3, (await node.Client.Logs.OffsetsAsync(TestNode.Log("t"), isolation: ReadIsolation.Stored)).End.Value);

        Assert.Equal(new LogProducer(Producer, 0, 1, node.Time.NowMs, 1, new Offset(2)), Assert.Single((await node.Client.Logs.ListProducersAsync(TestNode.Log("t"))).Producers));

        await AppendAsync(node, TestBatch.Commit(Producer, 1));
        Assert.Equal(new LogProducer(Producer, 1, -1, node.Time.NowMs, 1, Offset.None), Assert.Single((await node.Client.Logs.ListProducersAsync(TestNode.Log("t"))).Producers));
        Assert.Equal(ErrorCode.NotFound, (await node.Client.Logs.ListProducersAsync(TestNode.Log("absent"))).Error);
        Assert.Equal(2, Assert.Single(await node.Client.ReadAllAsync("t")).Offset);
        Assert.Equal(ErrorCode.Fenced, (await node.Client.AppendAsync("t", TestBatch.InTransaction(Producer, 0, 2, "c"))).Error);
        Assert.Equal(ErrorCode.Fenced, (await node.Client.AppendAsync("t", TestBatch.Abort(Producer, 0))).Error);
    }

    [Theory, EveryAdapter]
    public async Task Offsets_of_a_transaction_are_unstable_and_then_there(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var consumers = node.Client.Consumers;
        var commit = new OffsetCommit
        {
            Namespace = TestNode.Ns,
            Group = "group",
            Generation = 3,
            Offsets = [new GroupOffset(TestNode.Log("orders", 1), new Offset(7), new Epoch(3), "half way")],
        };
        Assert.Equal(new PendingCommitResult(ErrorCode.TransactionMismatch, 0), await consumers.CommitPendingOffsetsAsync(new PendingCommit(commit, Producer, 0)));
        Assert.Equal(ErrorCode.None, (await consumers.CommitPendingOffsetsAsync(new PendingCommit(commit, Producer, 0, 0))).Error);
        var during = await consumers.FetchOffsetsAsync(TestNode.Ns, "group", []);
        Assert.Equal((3, 0, TestNode.Log("orders", 1)), (during.Generation, during.Offsets.Count, Assert.Single(during.Unstable)));
        Assert.Equal(ErrorCode.None, await consumers.EndPendingOffsetsAsync(new PendingEnd(TestNode.Ns, "group", Producer, 1, 5, true)));
        var after = await consumers.FetchOffsetsAsync(TestNode.Ns, "group", []);
        Assert.Equal(commit.Offsets[0] with { CommittedMs = node.Time.NowMs }, Assert.Single(after.Offsets));
        Assert.Empty(after.Unstable);
        Assert.Equal(ErrorCode.Fenced, await consumers.EndPendingOffsetsAsync(new PendingEnd(TestNode.Ns, "group", Producer, 0, 5, true)));
        Assert.Equal(new PendingCommitResult(ErrorCode.TransactionMismatch, 1), await consumers.CommitPendingOffsetsAsync(new PendingCommit(commit, Producer, 1)));
    }

    private static async Task AppendAsync(AdaptedNode node, byte[] batch, Offset? beginsAfter = null)
    {
        var conditions = beginsAfter is null ? null : new AppendConditions { BeginsTransactionAfter = beginsAfter };
        Assert.Equal(ErrorCode.None, (await node.Client.AppendAsync("t", batch, conditions)).Error);
    }

    /// <returns>Where it went on, the log's end, how far that is decided, and what was aborted.</returns>
    private static async Task<(long Next, long End, long Stable, string Aborted)> ReadAsync(AdaptedNode node, ReadIsolation isolation)
    {
        using var read = await node.Client.Logs.ReadManyAsync(
            new ReadManyRequest { Logs = [new LogPosition(TestNode.Log("t"), Offset.Zero, 0)], Isolation = isolation });
        var log = read.Logs[0];
        Assert.Equal(ErrorCode.None, log.Error);
        return (log.NextOffset.Value, log.LogEndOffset.Value, log.StableEndOffset.Value, string.Join(' ', log.Aborted.Select(static one => $"{one.ProducerId} from {one.First}")));
    }
}
