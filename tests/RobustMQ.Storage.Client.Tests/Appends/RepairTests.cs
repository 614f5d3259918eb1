using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Appends;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Appends;

/// <summary>The queue of appends by itself: who gets which number after a fault.</summary>
public sealed class RepairTests
{
    private readonly ManualTime _time = new();
    private readonly AppendQueue _queue;
    private readonly List<AppendLane> _toRepair = [];

    public RepairTests()
    {
        var options = new StorageClientOptions { Address = "http://unused" };
        _queue = new AppendQueue(options, _time) { RepairNeeded = _toRepair.Add };
        _queue.Connected(new ProducerState(1, 0, 0), isNewNode: false);
    }

    [Fact]
    public async Task A_number_that_was_given_up_during_a_repair_is_never_given_out_again()
    {
        var first = Enqueue("a");
        _queue.Answer(TakeOne().Id, AppendResult.Failed(ErrorCode.UnknownOutcome));
        var lane = Assert.Single(_toRepair);
        // The repair asks what to bring while there is still hope for the first.
        var (needsProducer, generation) = _queue.AskRepair(lane);
        Assert.False(needsProducer);
        _time.Advance(TimeSpan.FromMinutes(1));
        _queue.Expire();
        Assert.Equal(ErrorCode.UnknownOutcome, (await first).Error);

        Assert.False(await _queue.Resume(lane, ProducerState.None, generation));
        var second = Enqueue("b");
        Assert.False(_queue.TryTake([]), "the number of the first may be taken");

        Assert.True(_queue.AskRepair(lane).NeedsProducer);
        var trial = _queue.Resume(lane, new ProducerState(2, 0, 0), generation);
        var sent = TakeOne();
        Assert.Equal((2, 0), (sent.Lane.ProducerId, sent.Sequence));
        _queue.Answer(sent.Id, new AppendResult { BaseOffset = Offset.Zero });
        Assert.True(await trial);
        Assert.Equal(ErrorCode.None, (await second).Error);
    }

    private Task<AppendResult> Enqueue(string value) =>
        _queue.Enqueue(
            new AppendRequest { Log = TestNode.Log("t"), Batch = TestBatch.OfValues("k", value), Durability = Durability.Durable }, CancellationToken.None).AsTask();

    private PendingAppend TakeOne()
    {
        var taken = new List<PendingAppend>();
        Assert.True(_queue.TryTake(taken));
        var append = Assert.Single(taken);
        append.Seal(append.Lane.ProducerId, append.Lane.ProducerEpoch);
        _queue.Written(taken);
        return append;
    }
}
