using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs.Delays;

/// <summary>Applies the operations on delayed records.</summary>
/// <param name="kept">Null on a node that keeps nothing: there nothing can wait.</param>
internal sealed class DelayState(LogTable logs, RocksDbDelays? kept, StorageOptions options)
{
    private bool _hasUnflushed;

    public OperationResult Apply(DelayRecords operation, Epoch epoch)
    {
        if (kept is null)
            return new OperationResult(ErrorCode.Unsupported);
        if (kept.Bytes + operation.Batch.Length > options.DelayedBytesMax)
            return new OperationResult(ErrorCode.LimitExceeded);
        try
        {
            _hasUnflushed = true;
            while (logs.TryGet(operation.Log, out var partition))
            {
                var result = partition.Delay(operation.Batch.Span, operation.Conditions, operation.NowMs, kept);
                if (result.Error != ErrorCode.NotFound || !partition.IsRetired)
                    return new OperationResult(result.Error, result with { LeaderEpoch = epoch });
            }
            return new OperationResult(ErrorCode.NotFound);
        }
        catch (StorageException refusal)
        {
            return new OperationResult(refusal.Code, Message: refusal.Message);
        }
    }

    public OperationResult Apply(ClaimDelayed operation) => Change(delays => delays.Claim(operation.Log, operation.NowMs));

    public OperationResult Apply(SettleDelayed operation) => Change(delays => delays.Settle(operation.Log, operation.Count, operation.RetryMs));

    public OperationResult Apply(PostponeDelayed operation) => Change(delays => delays.Postpone(operation.Log, operation.UntilMs));

    /// <summary>Not worth a sync: what comes back after a crash is dropped when it is due.</summary>
    public OperationResult Apply(DropDelayed operation) => Change(delays => delays.Drop(operation.Log), mustLast: false);

    public OperationResult Apply(DeliverDelayed operation, long index, Epoch epoch)
    {
        var result = new OperationResult(ErrorCode.NotFound);
        return logs.Knows(operation.Log) && Change(delays => result = Deliver(delays, operation, index, epoch)) is { Error: not ErrorCode.None } refusal ? refusal : result;
    }

    /// <summary>Makes durable what was changed since the last call.</summary>
    /// <returns>False where the device refuses.</returns>
    public async ValueTask<bool> FlushAsync(SyncTurn turn)
    {
        if (!_hasUnflushed)
            return true;
        _hasUnflushed = false;
        try
        {
            await kept!.SyncAsync(turn).ConfigureAwait(false);
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private OperationResult Deliver(RocksDbDelays delays, DeliverDelayed operation, long index, Epoch epoch)
    {
        var claims = delays.ReadClaims(operation.Log);
        var appended = new List<(byte[], Offset)>();
        LogPartition? partition = null;
        var count = 0;
        for (; count < claims.Count; count++)
        {
            var result = AppendDue(operation.Log, claims[count], index, epoch, operation.NowMs, out partition);
            if (!result.Succeeded)
                break;
            if (!result.IsDuplicate)
                appended.Add((claims[count], result.BaseOffset));
        }
        if (count == 0 && claims.Count > 0)
            return new OperationResult(ErrorCode.DiskFailure);
        // One write-ahead log keeps the order of the two: nobody can remove a record and find it delivered again.
        var isSettled = partition is null || partition.Topic.Spec.Engine == EngineKind.RocksDb;
        if (isSettled)
            delays.Settle(operation.Log, count, operation.RetryMs);
        return new OperationResult(ErrorCode.None, new DelayedDelivery(partition, count, isSettled, appended));
    }

    private AppendResult AppendDue(LogId log, byte[] batch, long index, Epoch epoch, long nowMs, out LogPartition? partition)
    {
        while (logs.TryGet(log, out partition))
        {
            var result = partition.AppendDue(batch, epoch, index, nowMs);
            if (result.Error != ErrorCode.NotFound || !partition.IsRetired)
                return result;
        }
        return AppendResult.Failed(ErrorCode.DiskFailure);
    }

    private OperationResult Change(Action<RocksDbDelays> change, bool mustLast = true)
    {
        if (kept is null)
            return new OperationResult(ErrorCode.None);
        try
        {
            _hasUnflushed |= mustLast;
            change(kept);
            return new OperationResult(ErrorCode.None);
        }
        catch (StorageException refusal)
        {
            return new OperationResult(refusal.Code, Message: refusal.Message);
        }
    }
}
