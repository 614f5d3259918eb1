using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;

namespace RobustMQ.Storage.Nodes;

/// <summary>
/// What one round appended to a log, on its way to being durable. A round that asked for less may be done before an earlier one that asked for a sync, and its end lies behind the other's records:
/// those are shown to consumers when their own round is settled.
/// </summary>
internal sealed class LogFlush
{
    private readonly Offset _end;
    private readonly Durability _level;
    private readonly Task _flush;
    private bool _isRefused;

    private LogFlush(LogPartition partition, Durability level, SyncTurn turn)
    {
        Partition = partition;
        _level = level;
        _end = partition.Log.EndOffset;
        _flush = partition.Log is ITurnedLog turned ? turned.FlushAsync(level, turn).AsTask() : partition.Log.FlushAsync(level).AsTask();
    }

    public LogPartition Partition { get; }

    /// <summary>A log in doubt is synced whatever was asked for: that settles what is in doubt.</summary>
    public static LogFlush Begin(LogPartition partition, Durability level, SyncTurn turn) => new(partition, partition.IsInDoubt ? Durability.Durable : level, turn);

    public async ValueTask EndAsync()
    {
        try
        {
            await _flush.ConfigureAwait(false);
        }
        catch (StorageException)
        {
            _isRefused = true;
        }
    }

    /// <summary>Lets consumers see it. Not before the rounds before it have had their turn.</summary>
    /// <returns>False where it, or something before it, is not as durable as was asked.</returns>
    public bool TryCommit()
    {
        Partition.IsInDoubt = _isRefused || (Partition.IsInDoubt && _level < Durability.Durable);
        if (Partition.IsInDoubt)
            return false;
        Partition.Committed(_end);
        return true;
    }
}
