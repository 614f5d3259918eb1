using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>Somebody whose state the journal keeps: a consumer, or a group's offsets.</summary>
internal interface IJournalOwner
{
    /// <summary>Under which its records stand.</summary>
    byte[] Key { get; }

    /// <summary>The journal's own notes about it.</summary>
    JournalNotes Notes { get; }

    /// <summary>Writes what changed since the last call, or everything.</summary>
    JournalForm TakeChanges(PooledBytes into, bool wantsSnapshot);
}
