using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Producers;

/// <summary>What a log makes of a producer's sequence numbers: the next one, a repeat, or neither.</summary>
public sealed class ProducerTableTests
{
    private const long Producer = 7;
    private const int BatchesMax = 4;
    private const int LastOffsetDeltaAt = 23;

    private static readonly Offset Somewhere = new(1_000);

    private readonly ProducerTable _table = new(producersMax: 10, BatchesMax, TimeSpan.FromHours(1));

    private enum Verdict
    {
        Next,
        Repeat,
        OutOfSequence,
    }

    [Fact]
    public void What_comes_before_the_first_number_that_was_taken_is_no_repeat()
    {
        Append(10, 14);
        Assert.Equal(Verdict.OutOfSequence, Check(0, 4));
        Assert.Equal(Verdict.OutOfSequence, Check(5, 9));
        Assert.Equal(Verdict.OutOfSequence, Check(8, 12));
        Assert.Equal(Verdict.Repeat, Check(10, 14));
        Append(15, 19);
        Assert.Equal(Verdict.OutOfSequence, Check(5, 9));
        // Not as it was sent, but all of it has been here.
        Assert.Equal(Verdict.Repeat, Check(11, 16));
        Assert.Equal(Verdict.OutOfSequence, Check(21, 22));
    }

    [Fact]
    public void How_far_back_it_reaches_is_known_when_the_batches_are_no_longer()
    {
        for (var first = 10; first < 110; first += 5)
            Append(first, first + 4);
        Assert.Equal((Verdict.Repeat, Somewhere), CheckWhere(95, 99));
        Assert.Equal((Verdict.Repeat, Offset.None), CheckWhere(10, 14));
        Assert.Equal(Verdict.OutOfSequence, Check(9, 13));
    }

    [Fact]
    public void Numbers_wrap_around_behind_the_first_one()
    {
        Append(int.MaxValue - 1, 0);
        for (var first = 1; first < 100; first++)
            Append(first, first);
        Assert.Equal(Verdict.Repeat, Check(int.MaxValue - 1, 0));
        Assert.Equal(Verdict.Repeat, Check(int.MaxValue, 1));
        Assert.Equal(Verdict.OutOfSequence, Check(int.MaxValue - 2, int.MaxValue - 2));
        Assert.Equal(Verdict.Next, Check(100, 100));
    }

    [Fact]
    public void A_run_of_half_the_circle_reaches_as_far_as_anything_can_be_behind()
    {
        const int Step = 1 << 28;
        for (var batch = 0L; batch < 20; batch++)
            Append((int)(((batch * Step) + 100) & int.MaxValue), (int)(((batch * Step) + 99 + Step) & int.MaxValue));
        var last = (int)(((20L * Step) + 99) & int.MaxValue);
        Assert.Equal(Verdict.Repeat, Check(last, last));
        var furthest = (int)((last - Sequences.Half + 1) & int.MaxValue);
        Assert.Equal(Verdict.Repeat, Check(furthest, furthest));
        Assert.Equal(Verdict.OutOfSequence, Check(furthest - 1, furthest - 1));
    }

    [Fact]
    public void A_later_epoch_begins_anew()
    {
        Append(10, 14);
        Append(0, 4, epoch: 1);
        Assert.Equal(Verdict.Repeat, Check(0, 4, epoch: 1));
        Assert.Equal(Verdict.OutOfSequence, Check(int.MaxValue, int.MaxValue, epoch: 1));
    }

    [Fact]
    public void Where_a_producer_went_on_behind_what_is_missing_nobody_knows_what_lies_between()
    {
        Append(0, 4);
        _table.AllMayHaveGoneOn();
        Append(50, 54);
        Assert.Equal(Verdict.OutOfSequence, Check(45, 49));
        // What is remembered is a repeat all the same.
        Assert.Equal(Verdict.Repeat, Check(0, 4));
        Assert.Equal(Verdict.Repeat, Check(50, 54));
    }

    [Fact]
    public void What_lies_between_two_batches_of_a_log_was_in_the_log()
    {
        Find(10, 14, mayHaveBegunBefore: false);
        Find(50, 54, mayHaveBegunBefore: true);
        Assert.Equal(Verdict.Repeat, Check(30, 34));
        Assert.Equal(Verdict.OutOfSequence, Check(5, 9));
    }

    [Fact]
    public void What_came_before_a_log_whose_beginning_is_gone_may_have_been_there()
    {
        Find(10, 14, mayHaveBegunBefore: true);
        Assert.Equal(Verdict.Repeat, Check(5, 9));
        Append(15, 19);
        Assert.Equal(Verdict.Repeat, Check(5, 9));
    }

    [Fact]
    public void A_delayed_batch_does_not_hide_those_before_it()
    {
        Find(0, 4, mayHaveBegunBefore: false);
        _table.Load(new(Producer, 0, 20, 24, 0));
        Assert.Equal(Verdict.Repeat, Check(10, 14));
        Assert.Equal((Verdict.Repeat, Offset.None), CheckWhere(20, 24));
        Assert.Equal(Verdict.Next, Check(25, 25));
    }

    private void Append(int first, int last, short epoch = 0)
    {
        Assert.Equal(Verdict.Next, Check(first, last, epoch));
        _table.Add(new RecordBatchHeader(Batch(first, last, epoch)), Somewhere, nowMs: 0);
    }

    private void Find(int first, int last, bool mayHaveBegunBefore) => _table.Load(new RecordBatchHeader(Batch(first, last, 0)), Somewhere, nowMs: 0, mayHaveBegunBefore);

    private Verdict Check(int first, int last, short epoch = 0) => CheckWhere(first, last, epoch).Verdict;

    private (Verdict Verdict, Offset At) CheckWhere(int first, int last, short epoch = 0)
    {
        var error = _table.Check(new RecordBatchHeader(Batch(first, last, epoch)), out var isDuplicate, out var at);
        Assert.True(error == ErrorCode.OutOfSequence || (error == ErrorCode.None), $"{error}");
        return (error != ErrorCode.None ? Verdict.OutOfSequence : isDuplicate ? Verdict.Repeat : Verdict.Next, at);
    }

    /// <summary>Says that it has as many records as there are numbers.</summary>
    private static byte[] Batch(int first, int last, short epoch)
    {
        var batch = TestBatch.ByProducer(Producer, epoch, first, "a");
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(LastOffsetDeltaAt), (int)Sequences.Distance(first, last));
        return batch;
    }
}
