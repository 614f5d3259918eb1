using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Replication;

/// <summary>What a group applies its operations to. Calls come one at a time, except that <see cref="Settle"/> may run beside <see cref="Apply"/> of operations that may overlap.</summary>
internal interface IStateMachine
{
    /// <summary>Applies one operation. What must be kept goes into <paramref name="changes"/>; no I/O on the metadata, no clock, no randomness here.</summary>
    OperationResult Apply(Operation operation, long index, Epoch epoch, MetadataChanges changes);

    /// <summary>
    /// Makes appends that were applied since the last call as durable as they asked for. When the call returns, the task being under way, it is settled which those are. A log whose device refuses
    /// fails alone: see <see cref="Settle"/>.
    /// </summary>
    /// <param name="before">Ends when what was flushed before is settled, false where that failed as a whole: consumers see what is durable now only behind it.</param>
    /// <param name="turn">Where a sync is left that the caller is to run before it waits for the outcome.</param>
    ValueTask<FlushOutcome> FlushAsync(Task<bool> before, SyncTurn turn);

    /// <summary>The outcome of an operation, now that it is known what became durable.</summary>
    OperationResult Settle(Operation operation, OperationResult applied, FlushOutcome outcome);

    /// <summary>Tells those who follow of an operation whose outcome is settled. In the order in which operations were applied, each before it is answered.</summary>
    void Announce(Operation operation, in OperationResult result);

    /// <summary>Everything applied so far is durable: let readers and watches see it.</summary>
    void Publish();
}
