namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>What the journal remembers of an owner. Used by the journal only.</summary>
internal sealed class JournalNotes
{
    /// <summary>Offset of its last snapshot; -1: there is none.</summary>
    public long SnapshotOffset { get; set; } = -1;

    public int SnapshotBytes { get; set; }

    public bool IsQueued { get; set; }
}
