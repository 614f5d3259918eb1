using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Logs.Transactions;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs.Transactions;

/// <summary>What is decided, against a list of everything that happened.</summary>
public sealed class LogTransactionsModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(20_261_126)]
    [InlineData(0)]
    public void Every_offset_is_what_a_walk_over_the_log_says(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        var random = new Random(seed);
        var transactions = new LogTransactions();
        var log = new List<(long ProducerId, bool IsMarker, bool IsCommit)>();
        for (var step = 0; step < 400; step++)
        {
            Step(random, transactions, log);
            var stable = StableEnd(log);
            Assert.True(stable == transactions.StableEnd(new Offset(log.Count)).Value, $"seed {seed}, step {step}: {stable}");
            for (var at = 0; at < stable; at++)
                Assert.True(IsMessage(log, at) == transactions.HoldsMessages(HeaderAt(log, at)), $"seed {seed}, step {step}, offset {at}");
            var from = random.Next(log.Count + 1);
            var until = random.Next(from, (int)Math.Max(from, stable) + 1);
            Assert.True(
                Aborted(log, from, until).SetEquals(transactions.FindAborted(new Offset(from), new Offset(until))), $"seed {seed}, step {step}: aborted in {from} to {until}");
        }
    }

    private static void Step(Random random, LogTransactions transactions, List<(long ProducerId, bool IsMarker, bool IsCommit)> log)
    {
        var at = new Offset(log.Count);
        var producer = random.Next(6);
        // The last producer writes without transactions.
        if (producer == 5)
        {
            log.Add((-1, false, false));
            return;
        }
        var isMarker = random.Next(4) == 0;
        var isCommit = isMarker && random.Next(2) == 0;
        log.Add((producer, isMarker, isCommit));
        if (isMarker)
            transactions.End(producer, isCommit, at);
        else if (!transactions.IsOpen(producer))
            transactions.Begin(producer, at);
    }

    private static long StableEnd(List<(long ProducerId, bool IsMarker, bool IsCommit)> log)
    {
        for (var at = 0; at < log.Count; at++)
        {
            if (log[at] is { ProducerId: >= 0, IsMarker: false } && EndOf(log, at) < 0)
                return at;
        }
        return log.Count;
    }

    private static bool IsMessage(List<(long ProducerId, bool IsMarker, bool IsCommit)> log, int at) =>
        log[at].ProducerId < 0 || (!log[at].IsMarker && log[EndOf(log, at)].IsCommit);

    /// <summary>As the protocol wants them: aborted transactions that touch the range, even where they have no batch of their own in it.</summary>
    private static HashSet<AbortedTransaction> Aborted(List<(long ProducerId, bool IsMarker, bool IsCommit)> log, int from, int until)
    {
        var found = new HashSet<AbortedTransaction>();
        for (var first = 0; first < until; first++)
        {
            var beginsOne = log[first] is { ProducerId: >= 0, IsMarker: false } && StartOf(log, first) == first;
            if (beginsOne && EndOf(log, first) is var end && end >= from && !log[end].IsCommit)
                found.Add(new AbortedTransaction(log[first].ProducerId, new Offset(first)));
        }
        return found;
    }

    private static int StartOf(List<(long ProducerId, bool IsMarker, bool IsCommit)> log, int at)
    {
        var start = at;
        for (var i = at - 1; i >= 0 && !(log[i].IsMarker && log[i].ProducerId == log[at].ProducerId); i--)
        {
            if (log[i].ProducerId == log[at].ProducerId)
                start = i;
        }
        return start;
    }

    private static int EndOf(List<(long ProducerId, bool IsMarker, bool IsCommit)> log, int at) =>
        log.FindIndex(at, entry => entry.IsMarker && entry.ProducerId == log[at].ProducerId);

    private static RecordBatchHeader HeaderAt(List<(long ProducerId, bool IsMarker, bool IsCommit)> log, int at)
    {
        var entry = log[at];
        var batch = entry.ProducerId < 0 ? TestBatch.Of("a") : entry.IsMarker ? TestBatch.Commit(entry.ProducerId, 0) : TestBatch.InTransaction(entry.ProducerId, 0, 0, "a");
        RecordBatchHeader.Stamp(batch, new Offset(at), new Epoch(1));
        return new RecordBatchHeader(batch);
    }
}
