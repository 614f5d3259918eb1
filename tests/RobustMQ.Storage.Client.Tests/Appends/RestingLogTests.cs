using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Appends;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Appends;

/// <summary>A client that appends to ever more logs remembers those that it is at, and no log takes a new append for a repeat because the client has forgotten it.</summary>
public sealed class RestingLogTests
{
    private const int Logs = 10_000;

    private readonly AppendQueue _queue = new(new StorageClientOptions { Address = "http://unused" }, new ManualTime()) { RepairNeeded = static _ => { } };

    [Fact]
    public async Task A_log_that_was_forgotten_gets_numbers_of_a_producer_that_it_has_not_seen()
    {
        _queue.Connected(new ProducerState(1, 0, 0), isNewNode: false);
        for (var log = 0; log < Logs; log++)
        {
            Assert.False(_queue.HasManyLanes(out _) && log < 8_192);
            var append = Enqueue(log);
            Answer(TakeOne(producer: 1, sequence: 0));
            Assert.True((await append).Succeeded);
        }
        var underWay = Enqueue(3);
        var unanswered = TakeOne(producer: 1, sequence: 1);
        Assert.True(_queue.HasManyLanes(out var generation));
        _queue.ForgetResting(new ProducerState(2, 0, 0), generation);
        Assert.False(_queue.HasManyLanes(out _));

        // The stream stands anew, and with it comes no other producer.
        _queue.Disconnected();
        _queue.Connected(ProducerState.None, isNewNode: false);
        Assert.Same(unanswered, TakeOne(producer: 1, sequence: 1));
        Answer(unanswered);
        Assert.True((await underWay).Succeeded);
        _ = Enqueue(3);
        Answer(TakeOne(producer: 1, sequence: 2));
        _ = Enqueue(4);
        Answer(TakeOne(producer: 2, sequence: 0));
        _ = Enqueue(4);
        Answer(TakeOne(producer: 2, sequence: 1));
    }

    [Fact]
    public void A_producer_of_another_node_forgets_nothing()
    {
        _queue.Connected(new ProducerState(1, 0, 0), isNewNode: false);
        _queue.HasManyLanes(out var generation);
        _ = Enqueue(1);
        Answer(TakeOne(producer: 1, sequence: 0));
        _queue.Disconnected();
        _queue.Connected(new ProducerState(7, 0, 0), isNewNode: true);
        _queue.ForgetResting(new ProducerState(2, 0, 0), generation);
        _ = Enqueue(2);
        TakeOne(producer: 7, sequence: 0);
    }

    private Task<AppendResult> Enqueue(int log) =>
        _queue.Enqueue(new AppendRequest { Log = TestNode.Log($"t{log}"), Batch = TestBatch.OfValues("k", "v"), Durability = Durability.Durable }, CancellationToken.None).AsTask();

    private PendingAppend TakeOne(long producer, int sequence)
    {
        var taken = new List<PendingAppend>();
        Assert.True(_queue.TryTake(taken));
        var append = Assert.Single(taken);
        append.Seal(append.Lane.ProducerId, append.Lane.ProducerEpoch);
        _queue.Written(taken);
        Assert.Equal((producer, sequence), (append.Lane.ProducerId, append.Sequence));
        return append;
    }

    private void Answer(PendingAppend append) => _queue.Answer(append.Id, new AppendResult { BaseOffset = Offset.Zero });
}
