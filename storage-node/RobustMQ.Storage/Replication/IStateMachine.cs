using RobustMQ.Records;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Replication;

/// <summary>What a group applies its operations to. All calls come from the group's one thread.</summary>
internal interface IStateMachine
{
    /// <summary>Applies one operation. What must be kept goes into <paramref name="changes"/>; no I/O on the metadata, no clock, no randomness here.</summary>
    OperationResult Apply(Operation operation, long index, Epoch epoch, MetadataChanges changes);

    /// <summary>Makes appends that were applied since the last call as durable as they asked for. A log whose device refuses fails alone: see <see cref="Settle"/>.</summary>
    ValueTask FlushAsync();

    /// <summary>The outcome of an operation of this round, now that it is known what became durable.</summary>
    OperationResult Settle(Operation operation, OperationResult applied);

    /// <summary>Everything applied so far is durable: let readers and watches see it.</summary>
    void Publish();
}
