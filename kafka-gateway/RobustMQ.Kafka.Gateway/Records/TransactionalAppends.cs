using System.Collections.Concurrent;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// Transactional batches on their way into logs. The first of a transaction in a log needs proof that the transaction is open (decision 0017), the others only that it has begun there; they keep their
/// order whatever the first one waits for. Nothing is kept of producers that have nothing on its way but what failed to begin: what they may do is asked of the log, at the price of one refused append for a transaction and log.
/// </summary>
internal sealed class TransactionalAppends(ILogClient logs, IOpenTransactions transactions)
{
    private readonly MissedBeginnings _missed = new();
    private readonly ConcurrentDictionary<(TopicPartition Log, long ProducerId), TransactionalLane> _lanes = new();

    /// <summary>Before this returns the batch has its place behind those of its producer that came before.</summary>
    public Task<TransactionalOutcome> AppendAsync(TransactionalAppend append)
    {
        var key = (append.Request.Log, append.ProducerId);
        while (true)
        {
            var lane = _lanes.GetOrAdd(key, static (_, all) => new TransactionalLane(all.Logs, all.Transactions, all.Missed), (Logs: logs, Transactions: transactions, Missed: _missed));
            if (lane.TryAdd(append))
                return FinishAsync(key, lane, append);
            _lanes.TryRemove(new(key, lane));
        }
    }

    private async Task<TransactionalOutcome> FinishAsync((TopicPartition Log, long ProducerId) key, TransactionalLane lane, TransactionalAppend append)
    {
        try
        {
            return await append.Outcome.ConfigureAwait(false);
        }
        finally
        {
            if (lane.TryEnd())
                _lanes.TryRemove(new(key, lane));
        }
    }
}
