using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class AppendContract
{
    private static readonly string[] Topics = ["t", "p"];

    [Theory, EveryAdapter]
    public async Task An_append_is_answered_with_offset_start_and_epoch(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        foreach (var topic in Topics)
        {
            var first = await node.Client.AppendAsync(topic, TestBatch.Of("a", "b"));
            Assert.Equal(new AppendResult { BaseOffset = Offset.Zero, LogStartOffset = Offset.Zero, LeaderEpoch = node.Node.Identity.Epoch }, first);
            Assert.Equal(new Offset(2), (await node.Client.AppendAsync(topic, TestBatch.Of("c"))).BaseOffset);
        }
    }

    [Theory, EveryAdapter]
    public async Task Pipelined_appends_keep_their_order(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        foreach (var topic in Topics)
        {
            var appends = Enumerable.Range(0, 3_000).Select(i => node.Client.AppendAsync(topic, TestBatch.OfValues("k", $"{i}"))).ToList();
            var results = await Task.WhenAll(appends);
            Assert.Equal(Enumerable.Range(0, 3_000).Select(i => (ErrorCode.None, (long)i)), results.Select(result => (result.Error, result.BaseOffset.Value)));
            Assert.Equal(Enumerable.Range(0, 3_000).Select(i => $"{i}"), (await node.Client.ReadAllAsync(topic)).Select(record => record.Value));
        }
    }

    [Theory, EveryAdapter]
    public async Task Large_batches_arrive_whole(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        var value = new string('x', 7 << 20);
        var appends = Enumerable.Range(0, 6).Select(i => node.Client.AppendAsync("t", TestBatch.OfValues("k", i + value))).ToList();
        Assert.All(await Task.WhenAll(appends), result => Assert.Equal(ErrorCode.None, result.Error));
        var seen = await node.Client.ReadAllAsync("t");
        Assert.Equal(Enumerable.Range(0, 6).Select(i => i + value), seen.Select(record => record.Value));
    }

    [Theory, EveryAdapter]
    public async Task Batches_that_cannot_be_right_are_refused_by_name(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("small") with { MaxBatchBytes = 200 });
        var corrupt = TestBatch.Of("a");
        corrupt[^1] ^= 1;
        // As a foreign producer's, which is never sealed again on its way.
        var corruptByProducer = TestBatch.ByProducer(7, 0, 0, "a");
        corruptByProducer[^1] ^= 1;
        Assert.Equal(ErrorCode.CorruptBatch, (await node.Client.AppendAsync("t", corruptByProducer)).Error);
        Assert.Equal(ErrorCode.CorruptBatch, (await node.Client.AppendAsync("t", corrupt, durability: Durability.Accepted)).Error);
        Assert.Equal(ErrorCode.CorruptBatch, (await node.Client.AppendAsync("t", [])).Error);
        Assert.Equal(ErrorCode.CorruptBatch, (await node.Client.AppendAsync("t", [1, 2, 3])).Error);
        Assert.Equal(ErrorCode.TooLarge, (await node.Client.AppendAsync("small", TestBatch.Of(new string('x', 200)))).Error);
        Assert.Equal(ErrorCode.NotFound, (await node.Client.AppendAsync("absent", TestBatch.Of("a"))).Error);
        Assert.Empty(await node.Client.ReadAllAsync("t"));
        // Refusals do not hold up what follows them.
        Assert.True((await node.Client.AppendAsync("t", TestBatch.Of("a"))).Succeeded);
    }

    [Theory, EveryAdapter]
    public async Task A_batch_that_was_damaged_before_it_is_numbered_is_refused_all_the_same(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        var corrupt = TestBatch.Of("a");
        corrupt[^1] ^= 1;
        Assert.Equal(ErrorCode.CorruptBatch, (await node.Client.AppendAsync("t", corrupt)).Error);
        Assert.Empty(await node.Client.ReadAllAsync("t"));
    }

    [Theory, EveryAdapter]
    public async Task Levels_of_durability_are_what_the_engine_can_give(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        foreach (var level in Enum.GetValues<Durability>())
        {
            var isTooMuch = node.IsInMemory && level > Durability.Accepted;
            Assert.Equal(isTooMuch ? ErrorCode.Unsupported : ErrorCode.None, (await node.Client.AppendAsync("t", TestBatch.Of("a"), durability: level)).Error);
            Assert.Equal(ErrorCode.None, (await node.Client.AppendAsync("p", TestBatch.Of("a"), durability: level)).Error);
        }
        Assert.Equal(node.IsInMemory ? 2 : 4, (await node.Client.ReadAllAsync("t")).Count);
        Assert.Equal(4, (await node.Client.ReadAllAsync("p")).Count);
    }

    [Theory, EveryAdapter]
    public async Task Conditions_must_hold(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        var whenEmpty = new AppendConditions { ExpectedLastOffset = Offset.None };
        var afterFirstOfA = new AppendConditions { ExpectedLastOffsetForKey = Offset.Zero };
        foreach (var topic in Topics)
        {
            Assert.True((await node.Client.AppendAsync(topic, TestBatch.Of("a"), whenEmpty)).Succeeded);
            Assert.Equal(ErrorCode.OffsetMismatch, (await node.Client.AppendAsync(topic, TestBatch.Of("a"), whenEmpty)).Error);
            Assert.Equal(ErrorCode.OffsetMismatch, (await node.Client.AppendAsync(topic, TestBatch.Of("b"), afterFirstOfA)).Error);
            Assert.True((await node.Client.AppendAsync(topic, TestBatch.Of("a"), afterFirstOfA)).Succeeded);
            Assert.True((await node.Client.AppendAsync(topic, TestBatch.Of("new"), new AppendConditions { ExpectedLastOffsetForKey = Offset.None })).Succeeded);
        }
    }

    [Theory, EveryAdapter]
    public async Task Of_many_conditional_appends_one_wins_and_what_is_between_them_is_stored(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        foreach (var topic in Topics)
        {
            var conditional = new List<Task<AppendResult>>();
            var plain = new List<Task<AppendResult>>();
            for (var i = 0; i < 200; i++)
            {
                conditional.Add(node.Client.AppendAsync(topic, TestBatch.OfValues("k", "once"), new AppendConditions { ExpectedLastOffset = Offset.None }));
                plain.Add(node.Client.AppendAsync(topic, TestBatch.OfValues("k", $"{i}")));
            }
            Assert.Single(await Task.WhenAll(conditional), result => result.Succeeded);
            Assert.All(await Task.WhenAll(plain), result => Assert.True(result.Succeeded));
            var seen = (await node.Client.ReadAllAsync(topic)).Select(record => record.Value).ToList();
            Assert.Equal(["once", .. Enumerable.Range(0, 200).Select(i => $"{i}")], seen);
        }
    }

    [Theory, EveryAdapter]
    public async Task A_message_id_within_the_window_is_stored_once(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        var condition = new AppendConditions { MessageId = "m1" };
        foreach (var topic in Topics)
        {
            Assert.False((await node.Client.AppendAsync(topic, TestBatch.Of("a"), condition)).IsDuplicate);
            var repeat = await node.Client.AppendAsync(topic, TestBatch.Of("a"), condition);
            Assert.Equal((true, true, Offset.Zero), (repeat.Succeeded, repeat.IsDuplicate, repeat.BaseOffset));
            Assert.Single(await node.Client.ReadAllAsync(topic));
            Assert.True((await node.Client.AppendAsync(topic, TestBatch.Of("b"))).Succeeded);
        }
    }

    [Theory, EveryAdapter]
    public async Task Idempotent_producers_are_stored_once_in_sequence_and_fenced_by_epoch(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        var producer = await node.Client.Node.AllocateProducerAsync();
        var id = producer.ProducerId;
        foreach (var topic in Topics)
        {
            Assert.Equal(new Offset(0), (await node.Client.AppendAsync(topic, TestBatch.ByProducer(id, 0, 0, "a", "b"))).BaseOffset);
            Assert.Equal(new Offset(2), (await node.Client.AppendAsync(topic, TestBatch.ByProducer(id, 0, 2, "c"))).BaseOffset);
            var repeat = await node.Client.AppendAsync(topic, TestBatch.ByProducer(id, 0, 0, "a", "b"));
            Assert.Equal((true, true, Offset.Zero), (repeat.Succeeded, repeat.IsDuplicate, repeat.BaseOffset));
            Assert.Equal(ErrorCode.OutOfSequence, (await node.Client.AppendAsync(topic, TestBatch.ByProducer(id, 0, 4, "d"))).Error);
            Assert.True((await node.Client.AppendAsync(topic, TestBatch.ByProducer(id, 1, 0, "d"))).Succeeded);
            Assert.Equal(ErrorCode.Fenced, (await node.Client.AppendAsync(topic, TestBatch.ByProducer(id, 0, 3, "d"))).Error);
            Assert.Equal(4, (await node.Client.ReadAllAsync(topic)).Count);
        }
    }

    [Theory, EveryAdapter]
    public async Task A_withdrawn_append_is_cancelled(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter);
        var request = new AppendRequest { Log = TestNode.Log("t"), Batch = TestBatch.Of("a") };
        Assert.Equal(ErrorCode.Cancelled, (await node.Client.Logs.AppendAsync(request, new CancellationToken(canceled: true))).Error);
        Assert.Empty(await node.Client.ReadAllAsync("t"));
    }

    private static async Task<AdaptedNode> OpenAsync(Adapter adapter)
    {
        var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("t") with { DedupWindowMs = 1_000 });
        await node.Client.CreateAsync(TestNode.Spec("p") with { DedupWindowMs = 1_000, Engine = EngineKind.Segment });
        return node;
    }
}
